export { windowAsked, windowKindOf, windowKindOnWire, windowOnWire } from "./windows.ts";
