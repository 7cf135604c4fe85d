import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { STATISTICS } from "#domain/statistics";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import { positionOf } from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import {
  type Answer,
  type Answerers,
  answerersAt,
  type Question,
  questionsOf,
} from "../../integration/season-questions.fixture.ts";
import { nextCall } from "./calls.ts";
import { type Ground, oneOf } from "./ground.ts";

/** What was answered at a position, to be compared with the fold there; absent where nothing was known. */
export type Told = {
  readonly question: Question;
  readonly position: string;
  readonly answer?: Answer;
};

/** How a reader reads. */
type Reader = {
  readonly who: string;
  /** Whom to ask a question, and in which session: one that no restart of a process has ended. */
  readonly whom: (question: Question) => {
    readonly answerers: Answerers;
    readonly session: string;
  };
  /** What to name as the position to be reached. */
  readonly after: (seen: string) => string;
};

const READ_EVERY_MS = 20;
const WITHIN_MS = 2_000;
/** The reader that waits for what was acknowledged last. */
export const WRITER = "writer";
/** Answers that are compared with the fold, drawn from all. */
const TOLD_MAX = 250;

/**
 * Readers of box scores, seasons and boards: some that ask one process and name no position, some that ask
 * all in turn and name what they have seen, and one that names what was acknowledged last.
 */
export async function readers(ground: Ground): Promise<Told[]> {
  const { mesh } = ground;
  const told: Told[] = [];
  const of = (service: string) => mesh.addresses(service);
  const [leaderboard = ""] = of("leaderboard");
  const processes = of("stats").map((stats, at) => {
    const answerers = answerersAt({ stats, leaderboard }, WITHIN_MS);
    return { answerers, part: mesh.part(`stats-${at + 1}`) };
  });
  const boards = mesh.part("leaderboard-1");
  let turn = 0;
  const inTurn = () => processes[turn++ % processes.length]!;
  const plain = processes.map(({ answerers, part }, at): Reader => {
    const who = `reader-${at}`;
    // Who names no position sees no older state in one process, and may in another.
    const asked = { stats: part, leaderboard: boards };
    const session = ({ of }: Question) => `${who} ${of}#${asked[of].starts()}`;
    return {
      who,
      whom: (question) => ({ answerers, session: session(question) }),
      after: () => "",
    };
  });
  const session = (who: string, after: Reader["after"]): Reader => {
    return { who, whom: () => ({ answerers: inTurn().answerers, session: who }), after };
  };
  const all = [
    ...plain,
    session("session-1", (seen) => seen),
    session("session-2", (seen) => seen),
    session(WRITER, (seen) => newer(seen, ground.seen.position)),
  ];
  let answers = 0;
  const keep = (one: Told) => {
    answers += 1;
    // Each answer has the same chance to be kept.
    const at = answers <= TOLD_MAX ? answers - 1 : Math.floor(ground.random() * answers);
    if (at < TOLD_MAX) told[at] = one;
  };
  await Promise.all(all.map((reader) => readOn(ground, reader, keep)));
  return told;
}

async function readOn(ground: Ground, reader: Reader, keep: (told: Told) => void): Promise<void> {
  const { history, stopping, random, season } = ground;
  const { who } = reader;
  const questions = questionsFor(ground, questionsOf(season));
  let seen = "";
  let seenIn = "";
  for (; !stopping.aborted; await delay(READ_EVERY_MS * (0.5 + random()))) {
    const question = oneOf(random, questions)();
    if (question === undefined) continue;
    const { answerers, session } = reader.whom(question);
    if (session !== seenIn) seen = "";
    seenIn = session;
    const after = reader.after(seen);
    const call = nextCall();
    const note = { who, op: "read", call } as const;
    const invoke = { session, question: question.name, after, withinMs: WITHIN_MS };
    history.add({ ...note, type: "invoke", ...invoke });
    try {
      const answer = await question.ask(answerers, after);
      const { position } = answer;
      history.add({ ...note, type: "ok", position, store: storeOf(answer) });
      seen = position;
      keep({ question, position, answer });
    } catch (error) {
      const { code, reason = "", message, retryAfterMs } = reasonOf(error);
      const said = { code: Code[code] ?? "", reason, message };
      history.add({ ...note, type: "fail", ...said, ...(retryAfterMs && { retryAfterMs }) });
      // It says no position. Whatever had been answered before must not have known it either.
      if (code === Code.NotFound) keep({ question, position: newer(seen, after) });
      if (reason === "POSITION_LOST") seen = "";
    }
  }
}

/** Questions about what is played, as far as anything is. */
function questionsFor(
  { random, games, seen }: Ground,
  ask: ReturnType<typeof questionsOf>,
): (() => Question | undefined)[] {
  const players = [...new Set(games.flatMap(({ playerIds }) => playerIds))];
  const teams = [...new Set(games.flatMap(({ teamIds }) => teamIds))];
  const statistic = () => oneOf(random, STATISTICS);
  const some = () => [...new Set(Array.from({ length: 8 }, () => oneOf(random, players)))];
  const gameId = () => seen.gameIds[Math.floor(random() * seen.gameIds.length)];
  const boxScore = () => {
    const id = gameId();
    return id === undefined ? undefined : ask.boxScore(id);
  };
  return [
    boxScore,
    boxScore,
    () => ask.players(some()),
    () => ask.team(oneOf(random, teams)),
    () => ask.board(statistic(), oneOf(random, [10, 50])),
    () => ask.ranks(statistic(), some()),
    () => ask.around(statistic(), oneOf(random, players), oneOf(random, [2, 20])),
  ];
}

function storeOf({ served }: Answer): string {
  return served?.store === Store.ARCHIVE ? "archive" : "hot store";
}

/** The position that is further; the first where both are as far. */
export function newer(one: string, other: string): string {
  return endOf(other) > endOf(one) ? other : one;
}

/** The end of a position; -1 of none. */
export function endOf(position: string): number {
  return positionOf(position)?.endOffset ?? -1;
}
