export { leagueOf, seasonAsked, seasonOfGameAsked, seasonOnWire } from "./seasons.ts";
