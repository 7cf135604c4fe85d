import type {
  Absence,
  BoxScore,
  CountedLine,
  GameFacts,
  GameStatus,
  LiveTeamLine,
  PlayerLines,
} from "#domain/boxscore";
import { pointsByTeam } from "#domain/boxscore";
import {
  type BothSides,
  EMPTY_TALLY,
  type PlayerSeason,
  playerSeason,
  type Side,
  type Tally,
  type TeamSeason,
} from "#domain/season";
import { STATISTICS, type Statistic, TEAM_STATISTICS } from "#domain/statistics";
import {
  type AbsenceText,
  absenceOf,
  absenceText,
  type LiveText,
  liveOf,
  liveText,
  type OfficialText,
  officialOf,
  officialText,
  teamOf,
  teamText,
} from "#stores/lines";
import type { GameInList } from "#stores/reads";

// Values are JSON arrays in a fixed order: short, quick, readable in redis-cli, and equal whenever what
// they stand for is equal.

const FACTS = "facts";
const DID_NOT_PLAY = "did-not-play";
const PLAYER = "player:";
const TEAM = "team:";

/** What changed in a game, as fields of its hash: `facts`, `did-not-play`, `player:<id>`, `team:<id>`. */
export function changedGameFields(was: BoxScore, now: BoxScore): string[] {
  const fields: string[] = [];
  if (now.factsRevision !== was.factsRevision) fields.push(FACTS, factsText(now));
  if (now.didNotPlay !== undefined && now.didNotPlay !== was.didNotPlay) {
    fields.push(DID_NOT_PLAY, JSON.stringify(now.didNotPlay.map(absenceText)));
  }
  for (const [playerId, lines] of now.players) {
    if (was.players.get(playerId) !== lines) fields.push(PLAYER + playerId, linesText(lines));
  }
  for (const [teamId, line] of now.teams) {
    if (was.teams.get(teamId) !== line) fields.push(TEAM + teamId, JSON.stringify(teamText(line)));
  }
  return fields;
}

/** A game's hash, and what it stands for. */
export type ReadGame = {
  readonly fields: Readonly<Record<string, string>>;
  readonly box: BoxScore;
};

/**
 * The game of a hash; undefined when the hash is empty. What was read before of the same game is taken as it
 * is where its text is still the same: most of a game, most times.
 */
export function gameOf(
  fields: Readonly<Record<string, string>>,
  before?: ReadGame,
): BoxScore | undefined {
  const players = new Map<string, PlayerLines>();
  const teams = new Map<string, LiveTeamLine>();
  let factsRevision = 0;
  let facts: GameFacts = {};
  let didNotPlay: BoxScore["didNotPlay"];
  for (const field in fields) {
    const text = fields[field] ?? "";
    const known = before?.fields[field] === text ? before.box : undefined;
    if (field === FACTS) {
      [factsRevision, facts] =
        known === undefined ? factsOf(JSON.parse(text)) : [known.factsRevision, known.facts];
    } else if (field === DID_NOT_PLAY) didNotPlay = known?.didNotPlay ?? absencesIn(text);
    else if (field.startsWith(PLAYER)) {
      const playerId = field.slice(PLAYER.length);
      players.set(playerId, known?.players.get(playerId) ?? linesOf(text));
    } else {
      const teamId = field.slice(TEAM.length);
      teams.set(teamId, known?.teams.get(teamId) ?? teamOf(JSON.parse(text)));
    }
  }
  if (factsRevision === 0 && players.size === 0 && teams.size === 0) return undefined;
  return { factsRevision, facts, ...(didNotPlay && { didNotPlay }), players, teams };
}

export function gameInListText(box: BoxScore): string {
  const points = pointsByTeam(box);
  return JSON.stringify([factsArray(box), [...points].sort(byFirst)]);
}

export function gameInListOf(text: string): GameInList {
  const [facts, points] = JSON.parse(text) as [FactsText, [string, number][]];
  return { facts: factsOf(facts)[1], points: new Map(points) };
}

/** The form of the values of a slot: a cursor of another form stands for nothing that is known. */
export const FORM = 5;

/** A player's season. */
export function playerSeasonText({ byTeam, live }: PlayerSeason): string {
  const teams = [...byTeam].map(([teamId, tally]) => [teamId, tallyArray(tally)] as const);
  return JSON.stringify([teams.sort(byFirst), partArray(live)]);
}

export function playerSeasonOf(text: string): PlayerSeason {
  const [teams, live] = JSON.parse(text) as [[string, number[]][], number[] | null];
  const byTeam = new Map(teams.map(([teamId, values]) => [teamId, tallyOf(values)]));
  return playerSeason(byTeam, partOf(live));
}

/** A team's season. */
export function teamSeasonText({ opponents, live, ...own }: TeamSeason): string {
  return JSON.stringify([...sideArray(own), ...sideArray(opponents), partArray(live)]);
}

export function teamSeasonOf(text: string): TeamSeason {
  const [players, team, theirPlayers, theirTeam, live] = JSON.parse(text) as [
    ...SideText,
    ...SideText,
    number[] | null,
  ];
  return {
    ...sideOf([players, team]),
    opponents: sideOf([theirPlayers, theirTeam]),
    live: partOf(live),
  };
}

/** A row of a player's game log: [team id, 1 when official, [statistics]]. */
export function playerGameText({ teamId, official, totals }: CountedLine): string {
  return JSON.stringify([
    teamId,
    official ? 1 : 0,
    STATISTICS.map((statistic) => totals[statistic] ?? null),
  ]);
}

export function playerGameOf(text: string): CountedLine {
  const [teamId, official, values] = JSON.parse(text) as [string, number, (number | null)[]];
  const known = STATISTICS.flatMap((statistic, at) => {
    const value = values[at] ?? null;
    return value === null ? [] : [[statistic, value] as const];
  });
  return { teamId, official: official === 1, totals: Object.fromEntries(known) };
}

/** A row of a team's game log: its own side, then its opponents'. */
export function teamGameText({ own, opponents }: BothSides): string {
  return JSON.stringify([...sideArray(own), ...sideArray(opponents)]);
}

export function teamGameOf(text: string): BothSides {
  const [players, team, ...theirs] = JSON.parse(text) as [...SideText, ...SideText];
  return { own: sideOf([players, team]), opponents: sideOf(theirs) };
}

type SideText = [players: number[], team: number[]];

function sideArray({ players, team }: Side): SideText {
  return [tallyArray(players), TEAM_STATISTICS.map((statistic) => team[statistic])];
}

function sideOf([players, team]: SideText): Side {
  return { players: tallyOf(players), team: named(TEAM_STATISTICS, team) };
}

/**
 * [games, double-doubles, triple-doubles, statistics …], and where any of these is unknown in a line, in
 * how many lines each is.
 */
function tallyArray({ games, doubleDoubles, tripleDoubles, totals, unknown }: Tally): number[] {
  const values = STATISTICS.map((statistic) => totals[statistic]);
  const missing = STATISTICS.map((statistic) => unknown[statistic] ?? 0);
  const isKnown = missing.every((count) => count === 0);
  return [games, doubleDoubles, tripleDoubles, ...values, ...(isKnown ? [] : missing)];
}

function tallyOf([games = 0, doubleDoubles = 0, tripleDoubles = 0, ...values]: number[]): Tally {
  const unknown: Partial<Record<Statistic, number>> = {};
  values.slice(STATISTICS.length).forEach((count, at) => {
    const statistic = STATISTICS[at];
    if (statistic !== undefined && count !== 0) unknown[statistic] = count;
  });
  return { games, doubleDoubles, tripleDoubles, totals: named(STATISTICS, values), unknown };
}

/** A part of a season that most have nothing in. */
function partArray(tally: Tally): number[] | null {
  return tally.games === 0 ? null : tallyArray(tally);
}

function partOf(values: number[] | null): Tally {
  return values === null ? EMPTY_TALLY : tallyOf(values);
}

function absencesIn(text: string): Absence[] {
  return (JSON.parse(text) as AbsenceText[]).map(absenceOf);
}

function linesText({ live, official }: PlayerLines): string {
  return JSON.stringify([
    live === undefined ? null : liveText(live),
    official === undefined ? null : officialText(official),
  ]);
}

function linesOf(text: string): PlayerLines {
  const [live, official] = JSON.parse(text) as [LiveText | null, OfficialText | null];
  return {
    ...(live === null ? {} : { live: liveOf(live) }),
    ...(official === null ? {} : { official: officialOf(official) }),
  };
}

type FactsText = [
  revision: number,
  date: string | null,
  tipOff: number | null,
  homeTeamId: string | null,
  awayTeamId: string | null,
  status: GameStatus | null,
  period: number | null,
  clockLeftMs: number | null,
  homeScore: number | null,
  awayScore: number | null,
];

function factsArray({ factsRevision, facts }: BoxScore): FactsText {
  return [
    factsRevision,
    facts.date ?? null,
    facts.tipOff ?? null,
    facts.homeTeamId ?? null,
    facts.awayTeamId ?? null,
    facts.status ?? null,
    facts.period ?? null,
    facts.clockLeftMs ?? null,
    facts.homeScore ?? null,
    facts.awayScore ?? null,
  ];
}

function factsText(box: BoxScore): string {
  return JSON.stringify(factsArray(box));
}

function factsOf(text: FactsText): [revision: number, facts: GameFacts] {
  const [revision, date, tipOff, homeTeamId, awayTeamId, status, period, ...numbers] = text;
  const [clockLeftMs, homeScore, awayScore] = numbers;
  const of = { date, tipOff, homeTeamId, awayTeamId, status, period };
  const facts = { ...of, clockLeftMs, homeScore, awayScore };
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  return [revision, Object.fromEntries(known)];
}

function named<Name extends string>(
  names: readonly Name[],
  values: number[],
): Record<Name, number> {
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? 0])) as Record<
    Name,
    number
  >;
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
