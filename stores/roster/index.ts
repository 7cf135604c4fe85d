export { type RosterCache, rosterCache } from "./cache.ts";
export { type Names, type Roster, rosterIn } from "./roster.ts";
