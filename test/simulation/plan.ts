import type { Standby } from "./database.ts";
import type { Chance } from "./virtual-time.ts";

/** What goes wrong. Most of it lasts for some time; what it is done to is named. */
export type Fault = {
  /** In ms from the beginning. */
  readonly at: number;
  readonly what: (typeof FAULTS)[number];
  /** The process that it is done to, where it is one. */
  readonly to: string;
  /** How long it lasts; for commands that are lost, how many those are. */
  readonly much: number;
};

/** All that decides a run, beside the chance of its actors. */
export type Plan = {
  readonly seed: number;
  readonly standby: Standby;
  /** Who sends the lines of which game, how many, from when on; who comes later takes the game over. */
  readonly arenas: readonly ArenaPlan[];
  readonly ingests: number;
  readonly projectors: number;
  readonly readers: number;
  readonly entriesPerFold: number;
  readonly faults: readonly Fault[];
};

export type ArenaPlan = {
  readonly name: string;
  readonly gameId: string;
  /** Whether it takes the game over from whoever has it. */
  readonly takesOver: boolean;
  /** Its lines are told apart by numbers from here on. */
  readonly token: number;
  readonly lines: number;
  readonly fromMs: number;
};

export const FAULTS = [
  "is killed",
  "is frozen",
  "loses its connections to postgres",
  "loses its connections to redis",
  "loses its connections to ingest",
  "reads no answers",
  "has its clock set back",
  "is destroyed",
  "postgres is slow",
  "postgres has no standby",
  "postgres cancels waits for the standby",
  "postgres crashes",
  "postgres fails over",
  "redis is slow",
  "redis is away",
  "redis is sent commands twice",
  "redis fails over and loses",
  "redis is wiped",
  "redis is dumped",
  "redis is restored from a dump",
] as const;

/** What has a part in an upload and may be killed: who sends, who takes, who keeps. */
export const UPLOAD_PARTS = ["arena", "ingest", "postgres"] as const;
export type UploadPart = (typeof UPLOAD_PARTS)[number];

const KILLS: readonly Fault["what"][] = [
  "is killed",
  "is destroyed",
  "postgres crashes",
  "postgres fails over",
];

/** The part of an upload that a fault kills, if any. */
export function killedBy({ what, to }: Fault): UploadPart | undefined {
  const victim = to || what;
  return KILLS.includes(what) ? UPLOAD_PARTS.find((part) => victim.startsWith(part)) : undefined;
}

/** The faults that one kind of process has. */
const OF_ARENA: readonly Fault["what"][] = [
  "loses its connections to ingest",
  "reads no answers",
  "has its clock set back",
  "is destroyed",
];

/** How long lines are sent and faults happen, in ms. */
export const BUSY_MS = 2_500;

const GAMES = ["0022300061", "0022300062"];

/** What a seed stands for. */
export function planOf(seed: number, chance: Chance): Plan {
  const arenas = GAMES.slice(0, 1 + chance.below(2)).map((gameId, at) => {
    const own = { name: `arena ${"AB"[at]}`, takesOver: false, token: 1_000 * (at + 1) };
    return { ...own, gameId, lines: 4 + chance.below(16), fromMs: chance.below(300) };
  });
  if (chance() < 0.3) {
    const fromMs = 400 + chance.below(1_200);
    const own = { name: "arena C", takesOver: true, token: 3_000 };
    arenas.push({ ...own, gameId: GAMES[0]!, lines: 2 + chance.below(8), fromMs });
  }
  const plan = {
    seed,
    standby: chance() < 0.7 ? ("synchronous" as const) : ("asynchronous" as const),
    arenas,
    ingests: 1 + chance.below(2),
    projectors: 1 + chance.below(2),
    readers: 1 + chance.below(2),
    entriesPerFold: chance.of([1, 4, 20, 5_000]),
  };
  const processes = [
    ...arenas.map(({ name }) => name),
    ...namesOf("ingest", plan.ingests),
    ...namesOf("projector", plan.projectors),
    ...namesOf("reader", plan.readers),
  ];
  const faults = Array.from({ length: chance.below(6) }, () => faultOf(chance, processes));
  // What hides a false ack takes three faults, one soon after the other; what hides another, two of those.
  for (let left = chance.below(5) - 2; left > 0; left -= 1) {
    const at = 50 + chance.below(BUSY_MS - 1_700);
    const how = chance.of(["postgres crashes", "postgres cancels waits for the standby"] as const);
    const more = { to: "", much: 0 };
    faults.push({ ...more, at, what: "postgres has no standby", much: 3_000 });
    for (let times = 1 + chance.below(3); times > 0; times -= 1) {
      faults.push({ ...more, at: at + 30 + chance.below(350), what: how });
    }
    // Before, or after, senders have come back and asked what is known.
    const after = chance.of([450, 1_100]);
    const end = at + after + chance.below(500);
    faults.push({ ...more, at: end, what: "postgres fails over" });
    // What was acknowledged must be there also when who sent it cannot send it again.
    if (chance() < 0.5) {
      faults.push({ at: end - 1, what: "is destroyed", to: chance.of(arenas).name, much: 0 });
    }
  }
  // What takes lines is one process of many, and would be killed in few runs.
  if (chance() < 0.3) {
    const to = chance.of(namesOf("ingest", plan.ingests));
    const at = 100 + chance.below(BUSY_MS - 600);
    faults.push({ at, what: "is killed", to, much: chance.of([50, 400, 1_500]) });
  }
  return { ...plan, faults: faults.sort((a, b) => a.at - b.at) };
}

export function namesOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${kind} ${at + 1}`);
}

function faultOf(chance: Chance, processes: readonly string[]): Fault {
  const what = chance.of(FAULTS);
  const arenas = processes.filter((name) => name.startsWith("arena"));
  const isOfServer = what.startsWith("postgres") || what.startsWith("redis");
  const to = isOfServer ? "" : chance.of(OF_ARENA.includes(what) ? arenas : processes);
  const much =
    what === "redis fails over and loses" ? 1 + chance.below(40) : chance.of([50, 400, 1_500]);
  return { at: chance.below(BUSY_MS - 500), what, to, much };
}

/** The plans that are a little smaller than this one, the smallest first. */
export function smaller(plan: Plan): Plan[] {
  const without = <Item>(items: readonly Item[], at: number) => items.toSpliced(at, 1);
  const { faults, arenas } = plan;
  const half = Math.ceil(faults.length / 2);
  return [
    ...(faults.length > 2
      ? [
          { ...plan, faults: faults.slice(0, half) },
          { ...plan, faults: faults.slice(half) },
        ]
      : []),
    ...faults.map((_, at) => ({ ...plan, faults: without(faults, at) })),
    ...(arenas.length > 1 ? arenas.map((_, at) => ({ ...plan, arenas: without(arenas, at) })) : []),
    ...arenas.flatMap((arena, at) =>
      [2, Math.floor(arena.lines / 2), arena.lines - 1]
        .filter((lines) => lines > 0 && lines < arena.lines)
        .map((lines) => ({ ...plan, arenas: arenas.with(at, { ...arena, lines }) })),
    ),
    ...(plan.ingests > 1 ? [{ ...plan, ingests: 1 }] : []),
    ...(plan.projectors > 1 ? [{ ...plan, projectors: 1 }] : []),
    ...(plan.readers > 0 ? [{ ...plan, readers: plan.readers - 1 }] : []),
    ...(plan.entriesPerFold < 5_000 ? [{ ...plan, entriesPerFold: 5_000 }] : []),
  ];
}
