export { leagueOf, seasonAsked, seasonNeeded, seasonOfGameAsked, seasonOnWire } from "./seasons.ts";
