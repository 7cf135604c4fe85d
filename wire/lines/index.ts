export { statisticOf, statisticOnWire } from "./statistics.ts";
