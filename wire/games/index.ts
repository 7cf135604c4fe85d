export { factsOf, gameOnWire } from "./games.ts";
