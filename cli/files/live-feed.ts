import type { Absence } from "#domain/boxscore";
import { dayInNewYork } from "#domain/games";
import { type Play, type SeenPlay, withPlayersOnCourt } from "#domain/plays";
import { COUNTING, type Counting, type TeamStatistic } from "#domain/statistics";
import { FileFault, saying } from "./fault.ts";
import {
  clock,
  type Fields,
  fieldsOf,
  id,
  idOf,
  list,
  object,
  optionalString,
  string,
  time,
  whole,
  wrong,
} from "./fields.ts";
import { wholeText } from "./lines.ts";
import type { OfficialRow } from "./official-row.ts";

/** A file of the league's live feed, which holds one game. */
export type LiveFeed = LivePlays | LiveBox;

/** The plays of a game, as the live feed has them at some moment. */
export type LivePlays = {
  readonly kind: "plays";
  readonly gameId: string;
  /** The day in New York of the first play. */
  readonly date: string;
  /** When the first play was, in milliseconds since the epoch. */
  readonly begunAt: number;
  /** Whether the feed says that the game has ended. */
  readonly isOver: boolean;
  /** By team id. */
  readonly tricodes: ReadonlyMap<string, string>;
  /** Who acted, by id. */
  readonly familyNames: ReadonlyMap<string, string>;
  /** In game order, each as it is after its last edit. */
  readonly plays: readonly Play[];
};

/** The box score of a game, as the live feed has it at some moment. */
export type LiveBox = {
  readonly kind: "box";
  readonly gameId: string;
  /** Its day where it is played, YYYY-MM-DD. */
  readonly date: string;
  /** When it was to begin, in milliseconds since the epoch. */
  readonly tipOff: number;
  readonly isFinal: boolean;
  readonly home: LiveTeam;
  readonly away: LiveTeam;
  /** Whole names by player id, also of those who did not play. */
  readonly names: ReadonlyMap<string, string>;
  /** Those who played. */
  readonly rows: readonly LiveRow[];
  /**
   * Those who did not play: of the active list only once the game is over, since they may come in until
   * then.
   */
  readonly didNotPlay: readonly Absence[];
};

/** A row of a live box score: official, and with time on court to the tenth of a second. */
export type LiveRow = OfficialRow & { readonly playedMs: number };

/** A team of a live box score, and what belongs to it alone. */
export type LiveTeam = {
  readonly teamId: string;
  readonly tricode: string;
  /** Points by period, from 1 at place 0. */
  readonly points: readonly number[];
  readonly alone: Readonly<Record<Exclude<TeamStatistic, "benchTechnicals">, number>>;
};

const LIVE_FILE = /\.json(\.gz)?$/;

/** Whether a name is that of a file of the live feed. */
export function isLiveFile(name: string): boolean {
  return LIVE_FILE.test(name);
}

/**
 * What a file of the live feed (`.json`, `.json.gz`) has; undefined when it is JSON of another kind,
 * such as a scoreboard. Throws FileFault when it cannot be read or a field is not what it must be.
 */
export async function readLiveFeed(file: string): Promise<LiveFeed | undefined> {
  const text = await wholeText(file);
  try {
    const { game } = fieldsOf(text);
    const fields = { game };
    if (game === undefined) return undefined;
    const found = object(fields, "game");
    if (found.actions !== undefined) return playsOf(found);
    return found.homeTeam === undefined ? undefined : boxOf(found);
  } catch (error) {
    throw new FileFault(file, undefined, saying(error), error);
  }
}

function playsOf(game: Fields): LivePlays {
  const actions = list(game, "actions");
  const tricodes = new Map<string, string>();
  const familyNames = new Map<string, string>();
  let begunAt = Number.POSITIVE_INFINITY;
  const seen = actions.map((action, at) => {
    try {
      const play = seenPlay(action);
      const tricode = optionalString(action, "teamTricode");
      if (tricode !== undefined) tricodes.set(play.teamId, tricode);
      const name = optionalString(action, "playerName");
      if (play.playerId !== undefined && name !== undefined) familyNames.set(play.playerId, name);
      begunAt = Math.min(begunAt, play.happenedAt);
      return play;
    } catch (error) {
      throw new Error(`action ${at + 1} of ${actions.length} ${saying(error)}`, { cause: error });
    }
  });
  if (seen.length === 0) throw new Error("has no action yet.");
  return {
    kind: "plays",
    gameId: id(game, "gameId"),
    date: dayInNewYork(begunAt),
    begunAt,
    isOver: actions.some(({ actionType, subType }) => actionType === "game" && subType === "end"),
    tricodes,
    familyNames,
    plays: withPlayersOnCourt(seen),
  };
}

/** Plays of these kinds are of those on court; technical fouls and reviews fall on anyone. */
const ON_COURT_ACTIONS: ReadonlySet<string> = new Set([
  "2pt",
  "3pt",
  "freethrow",
  "rebound",
  "steal",
  "block",
  "turnover",
  "foul",
  "jumpball",
]);

function seenPlay(action: Fields): SeenPlay & { readonly happenedAt: number } {
  const kind = string(action, "actionType");
  // What no team does has no team, and then nobody's id either.
  const teamId = action.teamId == null ? "" : id(action, "teamId");
  const personId = action.personId == null ? "0" : id(action, "personId");
  const description = optionalString(action, "description") ?? "";
  const isTechnical = kind === "foul" && action.subType === "technical";
  return {
    actionNumber: whole(action, "actionNumber"),
    orderNumber: whole(action, "orderNumber"),
    happenedAt: time(action, "timeActual"),
    period: whole(action, "period"),
    clockLeftMs: clock(action, "clock"),
    action: kind,
    description,
    teamId,
    playerId: personId === "0" || teamId === "" ? undefined : personId,
    made: action.shotResult === "Made",
    assisterId: action.assistPersonId == null ? undefined : id(action, "assistPersonId"),
    seen: ON_COURT_ACTIONS.has(kind) && !isTechnical ? persons(action) : [],
    score: { home: score(action, "scoreHome"), away: score(action, "scoreAway") },
  };
}

function persons(action: Fields): string[] {
  const listed = action.personIdsFilter ?? [];
  const ids = Array.isArray(listed) ? listed.map(idOf) : [undefined];
  const known = ids.filter((playerId) => playerId !== undefined && playerId !== "0");
  if (known.length === ids.length) return known as string[];
  throw wrong(action, "personIdsFilter", "a list of ids");
}

/** Scores are numbers in quotes. */
function score(action: Fields, field: string): number {
  const text = id(action, field);
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw wrong(action, field, "a score");
}

const STATUS_FINAL = 3;

function boxOf(game: Fields): LiveBox {
  const sides = [object(game, "homeTeam"), object(game, "awayTeam")] as const;
  const names = new Map<string, string>();
  const rows: LiveRow[] = [];
  const didNotPlay: Absence[] = [];
  const isFinal = whole(game, "gameStatus") === STATUS_FINAL;
  for (const side of sides) {
    const teamId = id(side, "teamId");
    for (const player of list(side, "players")) {
      const playerId = id(player, "personId");
      names.set(playerId, string(player, "name"));
      // Who did not play has zeros in all statistics, and no line with us.
      if (player.played === "1") rows.push(rowOf(player, playerId, teamId));
      else if (isFinal || player.status === INACTIVE) {
        didNotPlay.push(absenceOf(player, playerId, teamId));
      }
    }
  }
  return {
    kind: "box",
    gameId: id(game, "gameId"),
    date: string(game, "gameTimeHome").slice(0, 10),
    tipOff: time(game, "gameTimeUTC"),
    isFinal,
    home: teamOf(sides[0]),
    away: teamOf(sides[1]),
    names,
    rows,
    didNotPlay,
  };
}

const INACTIVE = "INACTIVE";

function absenceOf(player: Fields, playerId: string, teamId: string): Absence {
  return {
    playerId,
    teamId,
    inactive: player.status === INACTIVE,
    reason: optionalString(player, "notPlayingReason") ?? "",
    description: optionalString(player, "notPlayingDescription") ?? "",
  };
}

/** The feed's own names of the counting statistics, where they are others than ours. */
const FEED_NAMES: Readonly<Partial<Record<Counting, string>>> = {
  offensiveRebounds: "reboundsOffensive",
  defensiveRebounds: "reboundsDefensive",
  rebounds: "reboundsTotal",
  personalFouls: "foulsPersonal",
};

function rowOf(player: Fields, playerId: string, teamId: string): LiveRow {
  const statistics = object(player, "statistics");
  const playedMs = clock(statistics, "minutes");
  const counts = COUNTING.map((name) => [name, whole(statistics, FEED_NAMES[name] ?? name)]);
  return {
    playerId,
    teamId,
    playerName: string(player, "name"),
    minutes: Math.floor((playedMs + 30_000) / 60_000),
    playedMs,
    totals: Object.fromEntries(counts) as Record<Counting, number>,
  };
}

function teamOf(side: Fields): LiveTeam {
  const statistics = object(side, "statistics");
  return {
    teamId: id(side, "teamId"),
    tricode: string(side, "teamTricode"),
    points: list(side, "periods").map((period) => whole(period, "score")),
    alone: {
      teamOffensiveRebounds: whole(statistics, "reboundsTeamOffensive"),
      teamDefensiveRebounds: whole(statistics, "reboundsTeamDefensive"),
      teamTurnovers: whole(statistics, "turnoversTeam"),
    },
  };
}
