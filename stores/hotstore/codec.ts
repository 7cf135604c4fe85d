import type { BoxScore, GameFacts, GameStatus, LiveTeamLine, PlayerLines } from "#domain/boxscore";
import { pointsByTeam } from "#domain/boxscore";
import type { Tally, TeamSeason } from "#domain/season";
import { STATISTICS, TEAM_STATISTICS } from "#domain/statistics";
import {
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
const PLAYER = "player:";
const TEAM = "team:";

/** What changed in a game, as fields of its hash: `facts`, `player:<id>`, `team:<id>`. */
export function changedGameFields(was: BoxScore, now: BoxScore): string[] {
  const fields: string[] = [];
  if (now.factsRevision !== was.factsRevision) fields.push(FACTS, factsText(now));
  for (const [playerId, lines] of now.players) {
    if (was.players.get(playerId) !== lines) fields.push(PLAYER + playerId, linesText(lines));
  }
  for (const [teamId, line] of now.teams) {
    if (was.teams.get(teamId) !== line) fields.push(TEAM + teamId, JSON.stringify(teamText(line)));
  }
  return fields;
}

/** The game of a hash; undefined when the hash is empty. */
export function gameOf(fields: Readonly<Record<string, string>>): BoxScore | undefined {
  const players = new Map<string, PlayerLines>();
  const teams = new Map<string, LiveTeamLine>();
  let factsRevision = 0;
  let facts: GameFacts = {};
  for (const [field, text] of Object.entries(fields)) {
    if (field === FACTS) [factsRevision, facts] = factsOf(JSON.parse(text));
    else if (field.startsWith(PLAYER)) players.set(field.slice(PLAYER.length), linesOf(text));
    else teams.set(field.slice(TEAM.length), teamOf(JSON.parse(text)));
  }
  if (factsRevision === 0 && players.size === 0 && teams.size === 0) return undefined;
  return { factsRevision, facts, players, teams };
}

export function gameInListText(box: BoxScore): string {
  const points = pointsByTeam(box);
  return JSON.stringify([factsArray(box), [...points].sort(byFirst)]);
}

export function gameInListOf(text: string): GameInList {
  const [facts, points] = JSON.parse(text) as [FactsText, [string, number][]];
  return { facts: factsOf(facts)[1], points: new Map(points) };
}

/** [games, statistics …]. */
export function tallyText({ games, totals }: Tally): string {
  return JSON.stringify([games, ...STATISTICS.map((statistic) => totals[statistic])]);
}

export function tallyOf(text: string): Tally {
  const [games = 0, ...values] = JSON.parse(text) as number[];
  return { games, totals: named(STATISTICS, values) };
}

/** [team statistics …]. */
export function teamOnlyText(team: TeamSeason["team"]): string {
  return JSON.stringify(TEAM_STATISTICS.map((statistic) => team[statistic]));
}

export function teamOnlyOf(text: string): TeamSeason["team"] {
  return named(TEAM_STATISTICS, JSON.parse(text) as number[]);
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
  ];
}

function factsText(box: BoxScore): string {
  return JSON.stringify(factsArray(box));
}

function factsOf(text: FactsText): [revision: number, facts: GameFacts] {
  const [revision, date, tipOff, homeTeamId, awayTeamId, status, period, clockLeftMs] = text;
  const facts = { date, tipOff, homeTeamId, awayTeamId, status, period, clockLeftMs };
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

function byFirst([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : 1;
}
