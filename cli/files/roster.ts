import { fileBeside } from "./beside.ts";
import { type Row, readTable } from "./table.ts";

/** One team of the league. */
export type RosterTeam = {
  readonly teamId: string;
  /** Three letters, e.g. "LAL". */
  readonly tricode: string;
  /** E.g. "Los Angeles". */
  readonly city: string;
  /** Without the city, e.g. "Lakers". */
  readonly name: string;
};

/** One player of the league. */
export type RosterPlayer = {
  readonly playerId: string;
  /** As to be shown, e.g. "Luka Dončić". */
  readonly name: string;
  /** Other spellings to be found by, e.g. "Luka Doncic"; never the shown one. */
  readonly aliases: readonly string[];
};

/** Who is who. */
export type Roster = {
  readonly teams: readonly RosterTeam[];
  readonly players: readonly RosterPlayer[];
};

/**
 * The teams of the nearest `teams.csv` and the players of the nearest `players.csv` beside or above
 * `path`, also in a folder `reference` there. Empty where there is no such file; throws FileFault
 * when there is a bad one.
 */
export async function readRoster(path: string): Promise<Roster> {
  const [teams, players] = await Promise.all([
    fileBeside(path, /^teams\.csv(\.gz)?$/),
    fileBeside(path, /^players\.csv(\.gz)?$/),
  ]);
  return {
    teams: teams === undefined ? [] : (await readTable(teams, TEAM_COLUMNS)).map(teamOf),
    players: players === undefined ? [] : (await readTable(players, PLAYER_COLUMNS)).map(playerOf),
  };
}

const TEAM_COLUMNS = ["team_id", "tricode", "city", "name"];
const PLAYER_COLUMNS = ["player_id", "name_2026", "box_score_name"];

function teamOf(row: Row): RosterTeam {
  return {
    teamId: row.text("team_id"),
    tricode: row.text("tricode"),
    city: row.text("city"),
    name: row.text("name"),
  };
}

/**
 * The name is that of the season's own box scores, with the diacritics of the later spelling where
 * the two are otherwise the same: "Luka Dončić", but "Jimmy Butler", who became a "III" only later.
 */
function playerOf(row: Row): RosterPlayer {
  const playerId = row.text("player_id");
  const then = row.optional("box_score_name");
  const later = row.optional("name_2026");
  if (then === undefined && later === undefined) throw row.fault(`${playerId} has no name.`);
  const sameName = later !== undefined && withoutDiacritics(later) === then;
  const name = (sameName ? later : (then ?? later)) ?? playerId;
  const aliases = [then, later].filter((other) => other !== undefined && other !== name);
  return { playerId, name, aliases: aliases.filter((alias) => alias !== undefined) };
}

function withoutDiacritics(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "");
}
