import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { STATISTICS, type Statistic } from "#domain/statistics";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import type { EntrySchema } from "#gen/courtside/journal/v1/entry_pb.ts";
import { type AppendItem, encodeEntries, type Journal } from "#stores/journal";

type Counts = Partial<Record<Statistic, number>>;

type Period = { period: number; totals: Counts };

/** What a story says of a player in a game, kept as plainly as possible: the oracle's memory. */
type Known = {
  live?: { order: number; teamId: string; totals: Counts; periods: Period[] };
  official?: { revision: number; teamId: string; totals: Counts | undefined };
};

/** A season told at random, the same for the same seed, and what must come out of it. */
export type Story = {
  readonly slot: string;
  /** To be appended in order; each is taken. */
  readonly items: readonly AppendItem[];
  /** Lines that count by "game player", found by sorting and nothing else. */
  counted(): Map<string, { teamId: string; totals: Counts; official: boolean }>;
  /** The periods of the newest live lines by "game player", ascending. */
  periods(): Map<string, readonly Period[]>;
};

type Facts = {
  homeScore?: number;
  date?: string;
  homeTeamId?: string;
  status?: GameStatus;
  period?: number;
};

const GAMES = 6;
const PLAYERS = 14;
const TEAMS = ["t1", "t2", "t3"];
/** A Sunday, and days of the week after it in two months. */
const DATES = ["2023-10-29", "2023-10-30", "2023-11-01"];

/** A number generator with a seed (mulberry32): 0 to below 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Tells a season: lines that rise and fall, take-overs, players who change teams between games and
 * within one, facts, official lines and their withdrawals. Owners are opened in the journal as told.
 */
export async function tell(
  journal: Journal,
  slot: string,
  seed: number,
  steps: number,
): Promise<Story> {
  const random = seeded(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const known = new Map<string, Known>();
  const items: AppendItem[] = [];
  const league = slot.split(":")[0] ?? "";
  const games = [...Array(GAMES).keys()].map((at) => ({
    gameId: `g${at}`,
    epoch: 0,
    number: 1,
    revision: 1,
    final: false,
  }));

  const open = async (game: (typeof games)[number]) => {
    const instance = `i${game.epoch}`;
    const request = { slot, league, gameId: game.gameId, source: "s1", instance };
    const verdict = await journal.open({ ...request, takeOver: game.epoch > 0 });
    if (verdict.verdict !== "open") throw new Error(verdict.verdict);
    game.epoch = verdict.epoch;
    game.number = 1;
  };
  const counts = (): Counts => {
    const totals: Counts = {};
    for (const statistic of STATISTICS) if (random() < 0.7) totals[statistic] = below(40);
    return totals;
  };

  for (let step = 0; step < steps; step += 1) {
    const game = games[below(GAMES)]!;
    const { gameId } = game;
    if (game.epoch === 0) {
      await open(game);
      await append(facts(game, { date: DATES[below(DATES.length)], homeTeamId: "t1" }));
    }
    const playerId = `p${below(PLAYERS)}`;
    const key = `${gameId} ${playerId}`;
    const teamId = TEAMS[(Number(playerId.slice(1)) + (random() < 0.1 ? 1 : 0)) % TEAMS.length]!;
    const kind = random();
    if (kind < 0.02) await open(game);
    // Games are moved to another day, with all that was played.
    else if (kind < 0.03) await append(facts(game, { date: DATES[below(DATES.length)] }));
    else if (kind < 0.06) {
      // A game ends, and now and then goes on all the same.
      game.final = random() < 0.6;
      const status = game.final ? GameStatus.FINAL : GameStatus.LIVE;
      await append(facts(game, { status, period: 4, homeScore: step % 130 }));
    } else if (kind < 0.12) {
      const totals = { teamTurnovers: below(9), benchTechnicals: below(3) };
      const line = { teamId, happenedTime: timestampFromMs(1_000 * step), totals };
      const value = { epoch: game.epoch, number: BigInt(game.number), line };
      await append(lines(game, [{ gameId, source: "s1", kind: { case: "liveTeam", value } }]));
    } else if (kind < 0.25 && game.final) {
      // A guest has official lines alone, so that there is nothing left of one that is withdrawn.
      const who = random() < 0.5 ? "guest" : playerId;
      const withdrawn = random() < 0.2 || known.get(`${gameId} ${who}`)?.official !== undefined;
      const { secondsPlayed, ...totals } = counts();
      const revision = 1_000 + step;
      known.set(`${gameId} ${who}`, {
        ...known.get(`${gameId} ${who}`),
        official: { revision, teamId, totals: withdrawn ? undefined : totals },
      });
      const line = { playerId: who, teamId, totals, withdrawn };
      const value = { revision: BigInt(revision), line };
      await append({
        kind: "official",
        ...{ slot, league, gameId, playerId: who, revision, withdrawn, entries: 1 },
        digest: revision.toString(16).padStart(4, "0"),
        body: encodeEntries([{ gameId, source: "s1", kind: { case: "official", value } }]),
      });
    } else {
      const many = 1 + below(6);
      const entries = [...Array(many).keys()].map((at) => {
        const totals = counts();
        // Any periods, in any order, that need not add up; or none.
        const periods = [4, 1, 5, 2]
          .slice(below(5))
          .map((period) => ({ period, totals: counts() }));
        const number = game.number + at;
        const order = game.epoch * 1_000_000 + number;
        known.set(key, { ...known.get(key), live: { order, teamId, totals, periods } });
        const happenedTime = timestampFromMs(1_000 * step);
        const line = { playerId, teamId, happenedTime, totals, periods };
        const value = { epoch: game.epoch, number: BigInt(number), line };
        return { gameId, source: "s1", kind: { case: "live" as const, value } };
      });
      await append(lines(game, entries));
    }
  }

  async function append(item: AppendItem): Promise<void> {
    items.push(item);
    const [verdict] = await journal.append([item]);
    if (verdict?.verdict !== "appended") throw new Error(`${item.kind}: ${verdict?.verdict}`);
  }
  function lines(
    game: (typeof games)[number],
    entries: MessageInitShape<typeof EntrySchema>[],
  ): AppendItem {
    const { gameId, epoch, number } = game;
    game.number += entries.length;
    const body = encodeEntries(entries);
    return { kind: "lines", slot, league, gameId, epoch, number, entries: entries.length, body };
  }
  function facts(game: (typeof games)[number], said: Facts): AppendItem {
    const { gameId } = game;
    const revision = game.revision++;
    const value = {
      ...{ revision: BigInt(revision), game: { gameId, ...said } },
      ...(revision % 3 === 1 && { didNotPlay: { players: absentAt(revision) } }),
    };
    const body = encodeEntries([{ gameId, source: "s1", kind: { case: "game", value } }]);
    const final = said.status === undefined ? undefined : said.status === GameStatus.FINAL;
    return { kind: "facts", slot, league, gameId, revision, final, entries: 1, body };
  }

  return {
    slot,
    items,
    counted() {
      const found = new Map<string, { teamId: string; totals: Counts; official: boolean }>();
      for (const [key, { live, official }] of known) {
        const liveTotals = live && { ...summed(live.periods), ...live.totals };
        if (official?.totals) {
          const { secondsPlayed } = liveTotals ?? {};
          const seconds = secondsPlayed === undefined ? {} : { secondsPlayed };
          const totals = { ...official.totals, ...seconds };
          found.set(key, { teamId: official.teamId, totals, official: true });
        } else if (live && liveTotals) {
          found.set(key, { teamId: live.teamId, totals: liveTotals, official: false });
        }
      }
      return found;
    },
    periods() {
      const found = new Map<string, Period[]>();
      for (const [key, { live }] of known) {
        const { periods = [], totals = {} } = live ?? {};
        const zeros: Counts = {};
        for (const statistic of STATISTICS) {
          if (statistic in totals || statistic in summed(periods)) zeros[statistic] = 0;
        }
        const filled = periods.map((row) => ({ ...row, totals: { ...zeros, ...row.totals } }));
        found.set(
          key,
          filled.sort((a, b) => a.period - b.period),
        );
      }
      return found;
    },
  };
}

/** Who does not play, by a revision: nobody at times. */
function absentAt(revision: number) {
  return [...Array((2 + Math.floor(revision / 3)) % 4).keys()].map((at) => ({
    playerId: `p${(revision + at) % PLAYERS}`,
    teamId: TEAMS[at % TEAMS.length]!,
    inactive: at % 2 === 0,
    reason: at % 2 === 0 ? "INACTIVE_INJURY" : "",
    description: at === 0 ? `Knee; ${revision}` : "",
  }));
}

function summed(periods: readonly Period[]): Counts {
  const sum: Counts = {};
  for (const statistic of STATISTICS) {
    const known = periods.flatMap(({ totals }) => totals[statistic] ?? []);
    if (known.length > 0) sum[statistic] = known.reduce((all, one) => all + one, 0);
  }
  return sum;
}
