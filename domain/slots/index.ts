export { type Season, type Slot, seasonOfGame, seasonOfSlot, slotOf } from "./slots.ts";
