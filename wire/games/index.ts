export { absenceOf, factsOf, gameOnWire, statusOf, statusOnWire } from "./games.ts";
export { orderOf, orderOnWire } from "./orders.ts";
