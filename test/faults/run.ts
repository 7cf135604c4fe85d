import { mkdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { slotOf } from "#domain/slots";
import { seasonAsked } from "#wire/seasons";
import { askedSeason } from "../../cli/seasons.ts";
import { seeded } from "../integration/story.fixture.ts";
import { checked, type Violation } from "./checker.ts";
import { dumpOf } from "./dump.ts";
import type { Fault, Harm } from "./fault.ts";
import { openHistory } from "./history.ts";
import { arenas } from "./load/arenas.ts";
import { type Ground, shippedGames } from "./load/ground.ts";
import { type Monitor, monitor, type PlacesFound } from "./load/monitor.ts";
import { readers } from "./load/readers.ts";
import { recorders } from "./load/recorders.ts";
import { visitors } from "./load/visitors.ts";
import { watchers } from "./load/watchers.ts";
import type { FaultMesh } from "./mesh.ts";
import { type Observed, observedIn } from "./observed.ts";
import { verified } from "./verified.ts";

/** How a run is made. */
export type RunOptions = {
  readonly seed: number;
  /** Lines a second, of all arenas. */
  readonly linesPerSecond: number;
  /** How many times longer all may take at least than on a machine with nothing else to do. Default 1. */
  readonly patienceLeast?: number;
  /** Where its history and its spools are kept; removed after a run that held. */
  readonly folder: string;
};

/** What a run has shown. */
export type Outcome = {
  readonly fault: string;
  readonly topology: string;
  readonly seed: number;
  /** Who suffered the fault. */
  readonly target: string;
  readonly observed: Observed;
  /** Lines of the journal that nobody acknowledged stay out of it: lost are those acknowledged and gone. */
  readonly lost: number;
  readonly doubled: number;
  /** Answers that were wrong or went back, and how many were compared. */
  readonly wrong: number;
  readonly compared: number;
  readonly violations: readonly Violation[];
  /** Whether the fault did what it was meant to. */
  readonly hadEffect: boolean;
  /** How many times longer all was allowed to take, as the machine had more to do. */
  readonly patience: number;
};

const ARENAS = 6;
const RECORDERS = 2;
const WATCHERS = 2;

/** How long the load runs before the fault, at least and more by the seed, and after its end, in ms. */
const BEFORE_MS = { least: 3_000, more: 1_500 };
const AFTER_MS = 2_500;
const SETTLED_WITHIN_MS = 60_000;
/** Entries that are folded before a fault begins. */
const WARM = 300;
/** The load of a machine of two processors that does nothing else, as `uptime` shows it. */
const LOAD_OF_A_RUN = 4;

let runs = 0;

/** Breaks a mesh in one way under load, and checks every promise. */
export async function run(fault: Fault, mesh: FaultMesh, options: RunOptions): Promise<Outcome> {
  const { seed, linesPerSecond, folder } = options;
  runs += 1;
  const season = askedSeason({ league: `run${runs}`, season: "2023-24", type: "regular" });
  const slot = slotOf(seasonAsked(season));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const history = openHistory(join(folder, "history.jsonl"));
  const random = seeded(seed);
  const slowAtFirst = slowness();
  const stopping = new AbortController();
  const watch = monitor(mesh, slot, history);
  const ground: Ground = {
    ...{ mesh, history, season, random, games: await shippedGames() },
    ...{ folder: join(folder, "spools"), stopping: stopping.signal },
    seen: { gameIds: [], position: "" },
  };
  let harm: Harm | undefined;
  const nemesis = async () => {
    await delay(BEFORE_MS.least + BEFORE_MS.more * random());
    await until(watch, ({ hot, archive }) => Math.min(hot?.end ?? 0, archive?.end ?? 0) > WARM);
    const note = { who: "nemesis", op: "fault", fault: fault.name } as const;
    history.add({ ...note, type: "invoke", target: "" });
    const { gameIds } = ground.seen;
    harm = await fault.inject({ mesh, history, season, slot, random, gameIds });
    await delay(fault.lastsS * 1_000);
    await harm.heal();
    history.add({ ...note, type: "ok", target: harm.target });
    await delay(AFTER_MS);
  };
  const [told] = await Promise.all([
    readers(ground),
    arenas(ground, ARENAS, linesPerSecond),
    recorders(ground, RECORDERS),
    watchers(ground, WATCHERS),
    visitors(ground),
    nemesis().finally(() => stopping.abort()),
  ]);
  await until(watch, isSettled);
  const found = await verified(mesh, season);
  const dump = await dumpOf(watch.journal, slot);
  const archived = await watch.archived();
  await watch.stop();
  await history.close();

  const observed = observedIn(history.all);
  const { patienceLeast = 1 } = options;
  const patience = Math.max(patienceLeast, slowAtFirst, slowness());
  // Set within the nemesis, where the compiler does not follow it.
  const done = harm as Harm | undefined;
  const violations = await checked({
    ...{ history: history.all, dump, told, archived, verified: found, observed, bounds: fault },
    complaints: done?.complaints?.() ?? [],
    patience,
  });
  const count = (...checks: string[]) =>
    violations.filter(({ check }) => checks.includes(check)).length;
  const isSeen = fault.hadEffect?.(observed) ?? true;
  const isEvident = done?.isEvident?.() ?? true;
  const hadEffect = observed.inFlight > 0 && isSeen && isEvident;
  if (violations.length === 0 && hadEffect) rmSync(folder, { recursive: true, force: true });
  return {
    ...{ fault: fault.name, topology: mesh.topology, seed, target: done?.target ?? "" },
    ...{ observed, violations, hadEffect, patience },
    lost: count("I1"),
    doubled: count("I4"),
    wrong: count("I2", "I5", "I6"),
    compared: told.length,
  };
}

/** Returns when the places of journal and folds are as they have to be, or when they do not get there. */
async function until(watch: Monitor, holds: (found: PlacesFound) => boolean): Promise<void> {
  for (const end = Date.now() + SETTLED_WITHIN_MS; Date.now() < end; await delay(50)) {
    if (holds(await watch.look())) return;
  }
}

/** Whether both folds are at the end of the journal. */
function isSettled({ head, hot, archive }: PlacesFound): boolean {
  return head !== undefined && hot?.end === head.end && archive?.end === head.end;
}

/** How many times more the machine has to do than a run needs of it; at least 1. */
function slowness(): number {
  const [lastMinute = 0] = loadavg();
  return Math.max(1, lastMinute / LOAD_OF_A_RUN);
}
