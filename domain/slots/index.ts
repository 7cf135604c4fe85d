export { type Season, type Slot, seasonOfGame, slotOf } from "./slots.ts";
