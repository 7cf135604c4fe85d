export { inOrder, ORDERS, type Order } from "./order.ts";
export { SEASON_TYPES, type SeasonType, seasonEndingIn, seasonOf, seasonTypeOf } from "./season.ts";
export { dayInNewYork, eveningTipOff } from "./tip-off.ts";
