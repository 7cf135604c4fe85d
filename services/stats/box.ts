import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  absencesOf,
  type BoxScore,
  countedLine,
  type PlayerLines,
  periodsOf,
} from "#domain/boxscore";
import { gameFlags } from "#domain/line-rules";
import { sumOf } from "#domain/statistics";
import { LineMetricsSchema } from "#gen/courtside/metrics/v1/metrics_pb.ts";
import {
  GetBoxScoreResponseSchema,
  type PlayerBox,
  PlayerBoxSchema,
  type TeamBoxSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type EncodedFields, encodedFields } from "#runtime/rpc";
import type { Names } from "#stores/roster";
import { gameOnWire } from "#wire/games";
import { totalsOnWire } from "#wire/lines";
import type { BoxMetrics } from "./metrics.ts";
import { nameOf, teamOf } from "./names.ts";

/** What was made with some names, for as long as what it was made of is kept. */
type Made = {
  readonly boxes: WeakMap<BoxScore, EncodedFields>;
  readonly players: WeakMap<PlayerLines, PlayerBox>;
};

const madeWith = new WeakMap<Names, Made>();

function madeBy(roster: Names): Made {
  let made = madeWith.get(roster);
  if (made === undefined) {
    made = { boxes: new WeakMap(), players: new WeakMap() };
    madeWith.set(roster, made);
  }
  return made;
}

/** A game and its teams, without metrics, as an answer has them: encoded once as long as it does not change. */
export function encodedBox(gameId: string, box: BoxScore, roster: Names): EncodedFields {
  const { boxes } = madeBy(roster);
  let encoded = boxes.get(box);
  if (encoded === undefined) {
    const game = gameOnWire(gameId, box.facts);
    encoded = encodedFields(GetBoxScoreResponseSchema, { game, teams: teamBoxesOf(box, roster) });
    boxes.set(box, encoded);
  }
  return encoded;
}

type TeamBox = MessageInitShape<typeof TeamBoxSchema>;

/** The visitors first, then the home team, as box scores are printed; teams of neither side by id. */
export function teamBoxesOf(box: BoxScore, roster: Names, metrics?: BoxMetrics): TeamBox[] {
  const byTeam = new Map<string, [playerId: string, lines: PlayerLines][]>();
  for (const teamId of box.teams.keys()) byTeam.set(teamId, []);
  for (const [playerId, lines] of box.players) {
    const teamId = countedLine(lines)?.teamId;
    if (teamId === undefined) continue;
    const known = byTeam.get(teamId);
    if (known === undefined) byTeam.set(teamId, [[playerId, lines]]);
    else known.push([playerId, lines]);
  }
  const absent = Map.groupBy(absencesOf(box), ({ teamId }) => teamId);
  for (const teamId of absent.keys()) if (!byTeam.has(teamId)) byTeam.set(teamId, []);
  const flags = gameFlags(box);
  const { awayTeamId, homeTeamId } = box.facts;
  const sides = [awayTeamId, homeTeamId];
  return [...byTeam]
    .sort(([a], [b]) => sides.indexOf(a) - sides.indexOf(b) || (a < b ? -1 : 1))
    .map(([teamId, players]) => {
      const rows = players.map(([playerId, lines]) =>
        playerBoxOf(playerId, lines, roster, metrics),
      );
      return {
        team: teamOf(teamId, roster),
        players: rows.sort(byPoints),
        totals: totalsOnWire(sumOf(rows.map(({ totals }) => totals ?? {}))),
        teamTotals: box.teams.get(teamId)?.totals ?? {},
        ...periodsIn(players.map(([, lines]) => lines)),
        metrics: metrics?.ofTeam(teamId),
        flags: flags.filter((flag) => flag.teamId === teamId).map(({ description }) => description),
        didNotPlay: (absent.get(teamId) ?? [])
          .map(({ teamId: _, ...why }) => ({ ...why, name: nameOf(why.playerId, roster) }))
          .sort(byList),
      };
    });
}

function playerBoxOf(
  playerId: string,
  lines: PlayerLines,
  roster: Names,
  metrics: BoxMetrics | undefined,
): PlayerBox {
  const { players } = madeBy(roster);
  let box = players.get(lines);
  if (box === undefined) {
    const counted = countedLine(lines);
    box = create(PlayerBoxSchema, {
      ...{ playerId, name: nameOf(playerId, roster), official: counted?.official },
      ...{ totals: counted && totalsOnWire(counted.totals), ...periodsIn([lines]) },
    });
    players.set(lines, box);
  }
  return metrics === undefined || box.totals === undefined
    ? box
    : { ...box, metrics: create(LineMetricsSchema, metrics.ofLine(box.totals)) };
}

/** Periods and what is left over as messages have them. */
function periodsIn(players: readonly PlayerLines[]) {
  const { periods, unassigned } = periodsOf(players);
  return {
    periods: periods.map(({ period, totals }) => ({ period, totals: totalsOnWire(totals) })),
    unassigned,
  };
}

type Listed = { readonly inactive: boolean; readonly name: string };

/** Those on the active list first, then by name. */
function byList(a: Listed, b: Listed): number {
  return Number(a.inactive) - Number(b.inactive) || (a.name < b.name ? -1 : 1);
}

function byPoints(a: PlayerBox, b: PlayerBox): number {
  const points = (b.totals?.points ?? 0) - (a.totals?.points ?? 0);
  const seconds = (b.totals?.secondsPlayed ?? 0) - (a.totals?.secondsPlayed ?? 0);
  return points || seconds || (a.playerId < b.playerId ? -1 : 1);
}
