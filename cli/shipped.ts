import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The real games that ship with the program. */
const DATA = fileURLToPath(new URL("../data", import.meta.url));

/** Where the parts of the shipped data are. */
export const SHIPPED = {
  /** Names of teams and players. */
  reference: join(DATA, "reference"),
  /** Play-by-play. */
  events: join(DATA, "nba-2023-24", "events"),
  /** The official lines of the same games. */
  playerBox: join(DATA, "nba-2023-24", "player-box.csv.gz"),
  /** Three games as the league's live feed has them: plays and box scores. */
  liveFeed: join(DATA, "cdn-live"),
} as const;
