export { type Season, type SeasonType, type Slot, slotOf } from "./slots.ts";
