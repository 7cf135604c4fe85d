export {
  closestPlayers,
  folded,
  type Player,
  playersMatching,
  type Team,
  teamsMatching,
} from "./search.ts";
