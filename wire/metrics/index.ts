export { categoryOf, categoryOnWire, formulasOnWire } from "./metrics.ts";
