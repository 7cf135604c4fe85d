export { statisticOf, statisticOnWire } from "./statistics.ts";
export { totalsOnWire } from "./totals.ts";
