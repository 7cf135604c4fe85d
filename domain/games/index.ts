export { SEASON_TYPES, type SeasonType, seasonEndingIn, seasonOf, seasonTypeOf } from "./season.ts";
export { eveningTipOff } from "./tip-off.ts";
