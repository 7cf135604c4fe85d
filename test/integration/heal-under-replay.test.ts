import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STATISTICS } from "#domain/statistics";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import { positionOf } from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import { journalInPostgres } from "#stores/journal";
import { eachAtOnce } from "../../cli/each-at-once.ts";
import { untilFolded } from "../../cli/folds.ts";
import { meshServices } from "../../cli/mesh-services.ts";
import { paceOf, replayGame } from "../../cli/replay/index.ts";
import { askedSeason, seasonText } from "../../cli/seasons.ts";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";
import { harmsOf } from "./harms.fixture.ts";
import { realGames } from "./real-games.fixture.ts";
import { entriesOf, type SeasonOracle, seasonOracle } from "./season-oracle.fixture.ts";
import {
  type Answer,
  answerersAt,
  faultIn,
  type Question,
  questionsOf,
} from "./season-questions.fixture.ts";
import { patientRedisOn, poolOn } from "./stores.fixture.ts";
import { seeded } from "./story.fixture.ts";

const GAMES = 40;
const GAMES_AT_ONCE = 20;
/** Times faster than the games were: each of them takes some 6 seconds. */
const SPEED = 1_500;
const POLL_EVERY_MS = 10;
const HARM_EVERY_MS = 1_000;
/** Each of the two stores gives more answers than this. */
const FROM_EACH = 20;
/** How long the readers and the harm go on after the replay where too few came from one of them. */
const LONGER_MS = 30_000;
const SEED = Number(process.env.COURTSIDE_TEST_SEED ?? 20_231_024);

const SEASON = { league: "nba", season: "2023-24", type: "regular" } as const;
const SLOT = "nba:2023-24:regular";

/** What was answered, and where; `answer` is absent where nothing was known of it. */
type Told = {
  readonly question: Question;
  readonly position: string;
  readonly answer?: Answer;
};

let mesh: CommandLine;

beforeAll(async () => {
  mesh = await startCommandLine();
}, 120_000);
afterAll(() => mesh?.close(), 120_000);

describe("a replay of many games whose hot store is harmed again and again", () => {
  it("P5: every answer is the fold of the journal at its position, or UNAVAILABLE", {
    timeout: 120_000,
  }, async () => {
    const addressOf = (name: string) =>
      mesh.state().services.find((service) => service.name === name)?.address ?? "";
    const { urls } = mesh.state();
    const services = meshServices({
      COURTSIDE_INGEST: addressOf("ingest"),
      COURTSIDE_PROJECTOR: addressOf("projector"),
    });
    const games = await realGames(GAMES);
    const harms = harmsOf(patientRedisOn(urls.redis));
    const answerers = answerersAt({
      stats: addressOf("stats"),
      leaderboard: addressOf("leaderboard"),
    });
    const ask = questionsOf(askedSeason(SEASON));
    const random = seeded(SEED);
    const oneOf = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
    const playerIds = [...new Set(games.flatMap(({ playerNames }) => [...playerNames.keys()]))];
    const teamIds = [...new Set(games.flatMap(({ home, away }) => [home!.teamId, away!.teamId]))];
    const some = () => [...new Set(Array.from({ length: 8 }, () => oneOf(playerIds)))];
    const readers: (() => Question)[] = [
      () => ask.boxScore(oneOf(games).gameId),
      () => ask.players(some()),
      () => ask.team(oneOf(teamIds)),
      () => ask.board(oneOf(STATISTICS), oneOf([10, 50])),
      () => ask.ranks(oneOf(STATISTICS), some()),
      () => ask.around(oneOf(STATISTICS), oneOf(playerIds), oneOf([2, 20])),
    ];

    let playing = true;
    let refused = 0;
    const told: Told[] = [];
    const faults: string[] = [];
    const done: string[] = [];

    async function read(next: () => Question): Promise<void> {
      let seen = "";
      for (; playing; await delay(POLL_EVERY_MS)) {
        const question = next();
        try {
          const answer = await question.ask(answerers);
          const { position } = answer;
          if (endOf(position) < endOf(seen)) {
            faults.push(`${question.name}: at ${endOf(position)} after ${endOf(seen)}`);
          }
          seen = position;
          told.push({ question, position, answer });
        } catch (error) {
          const { code, reason, retryAfterMs = 0, message } = reasonOf(error);
          // Says no position. Whatever had been answered before must not have known it either.
          if (code === Code.NotFound) told.push({ question, position: seen });
          else if (reason === "STORE_UNREACHABLE" && retryAfterMs > 0) refused += 1;
          else faults.push(`${question.name}: ${Code[code]} ${message}`);
        }
      }
    }
    async function harm(): Promise<void> {
      const pause = () => delay(HARM_EVERY_MS * (0.5 + random()));
      while (playing) {
        const restored = await harms.copy(SLOT);
        for (const [name, does] of [
          ["wiped", harms.wipe],
          ["dropped", () => harms.drop(SLOT)],
          ["restored", restored],
        ] as const) {
          await pause();
          await does();
          done.push(name);
        }
        await pause();
      }
    }

    async function replay(): Promise<number> {
      const replayed = await eachAtOnce(games, GAMES_AT_ONCE, (game) =>
        replayGame({ services, game, pace: paceOf(SPEED) }),
      );
      const season = askedSeason(SEASON);
      await untilFolded(services, new Map([[seasonText(season), season]]));
      return replayed.reduce((sum, game) => sum + game.lines, 0);
    }

    const begun = performance.now();
    const replaying = replay()
      .then(async (lines) => {
        const end = performance.now() + LONGER_MS;
        const tooFew = ({ hot, archived } = storesOf(told)) => Math.min(hot, archived) <= FROM_EACH;
        while (tooFew() && performance.now() < end) await delay(POLL_EVERY_MS);
        return lines;
      })
      .finally(() => {
        playing = false;
      });
    const [lines] = await Promise.all([replaying, harm(), ...readers.map(read)]);
    services.close();
    const seconds = (performance.now() - begun) / 1_000;

    const journal = journalInPostgres(poolOn(urls.postgres));
    const oracle = seasonOracle(await entriesOf(journal, SLOT));
    faults.push(...(await faultsIn(told, oracle)));
    const { hot, archived } = storesOf(told);
    const places = new Set(told.map(({ position }) => position)).size;
    console.log(
      `${GAMES} games, ${lines} lines in ${seconds.toFixed(1)} s (seed ${SEED}): ${hot + archived} answers ` +
        `at ${places} positions, ${archived} from the archive, ${refused} refused; ${done.join(" ")}`,
    );
    expect(faults.slice(0, 5)).toEqual([]);
    expect(oracle.entries).toBeGreaterThan(lines);
    expect(Math.min(hot, archived)).toBeGreaterThan(FROM_EACH);
    for (const name of ["wiped", "dropped", "restored"]) {
      expect(done.filter((one) => one === name).length).toBeGreaterThan(1);
    }
    const verified = JSON.parse(await mesh.answer("verify", "--json"));
    expect(verified).toMatchObject({ total: 0, entries: oracle.entries });
  });
});

/** How many answers came from each of the stores. */
function storesOf(told: readonly Told[]): { readonly hot: number; readonly archived: number } {
  const answers = told.filter(({ answer }) => answer !== undefined);
  const archived = answers.filter(({ answer }) => answer?.served?.store === Store.ARCHIVE).length;
  return { hot: answers.length - archived, archived };
}

/** What was told wrongly. */
async function faultsIn(told: readonly Told[], oracle: SeasonOracle): Promise<string[]> {
  const faults: string[] = [];
  for (const one of told.toSorted((a, b) => endOf(a.position) - endOf(b.position))) {
    oracle.moveTo(one.position);
    const fault = await faultIn(one.question, one.answer, oracle);
    if (fault !== "") faults.push(`at ${endOf(one.position)}, ${fault}`);
  }
  return faults;
}

function endOf(position: string): number {
  return positionOf(position)?.endOffset ?? 0;
}
