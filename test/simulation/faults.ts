import type { Arena } from "./arena.ts";
import type { Network, Process, Server } from "./network.ts";
import type { Fault } from "./plan.ts";
import type { SimulatedPostgres } from "./postgres.ts";
import type { SimulatedRedis } from "./redis.ts";
import { POSTGRES, REDIS } from "./servers.ts";

/** What can be harmed. */
type Harmed = {
  readonly network: Network;
  readonly postgres: SimulatedPostgres;
  readonly redis: SimulatedRedis;
  readonly processes: () => readonly Process[];
  readonly kill: (name: string) => void;
  readonly restart: (name: string) => void;
  /** Never to be started again. */
  readonly destroy: (name: string) => void;
  readonly after: (ms: number, work: () => void) => void;
  readonly now: () => number;
  readonly tell: (what: string) => void;
};

/** How long a server that begins anew takes no connections, in ms. */
const DOWN_MS = 100;

/** How far a clock is set back, in ms. */
const BACK_MS = 3_600_000;

/** How each fault is done, to a process where it is one's. */
export function faultsOn(world: Harmed): (fault: Fault, process?: Process, arena?: Arena) => void {
  const { network, postgres, redis, after } = world;
  const { database } = postgres;
  let dump: ReadonlyMap<string, unknown> = new Map();
  const disconnectAll = (server: Server) => {
    for (const process of world.processes()) network.cut(process, server);
  };
  const beginAnew = () => {
    network.disturb("down", POSTGRES.name, DOWN_MS);
    disconnectAll(POSTGRES);
  };

  return ({ what, to, much }, process, arena) => {
    const harms: Record<Fault["what"], () => void> = {
      "is killed": () => {
        world.kill(to);
        after(much, () => world.restart(to));
      },
      "is destroyed": () => {
        if (arena) arena.stopped = true;
        world.destroy(to);
      },
      "is frozen": () => network.disturb("frozen", to, much),
      "loses its connections to postgres": () => process && network.cut(process, POSTGRES),
      "loses its connections to redis": () => process && network.cut(process, REDIS),
      "loses its connections to ingest": () => arena?.cut(),
      "reads no answers": () => {
        if (arena) arena.hearsFrom = world.now() + much;
      },
      "has its clock set back": () => {
        if (arena) arena.skewMs -= BACK_MS;
      },
      "postgres is slow": () => network.disturb("slow", POSTGRES.name, much),
      "postgres has no standby": () => {
        database.stall(true);
        const { timeline } = database;
        after(much, () => timeline === database.timeline && database.stall(false));
      },
      "postgres cancels waits for the standby": () => void database.cancelWaits(),
      "postgres crashes": () => {
        database.crash();
        beginAnew();
      },
      "postgres fails over": () => {
        world.tell(`postgres has lost ${database.promote()} commits`);
        beginAnew();
      },
      "redis is slow": () => network.disturb("slow", REDIS.name, much),
      "redis is away": () => {
        network.disturb("down", REDIS.name, much);
        disconnectAll(REDIS);
      },
      "redis is sent commands twice": () => network.disturb("twice", REDIS.name, much),
      "redis fails over and loses": () => {
        redis.loseLast(much);
        disconnectAll(REDIS);
      },
      "redis is wiped": () => redis.restore(new Map()),
      "redis is dumped": () => {
        dump = redis.dump();
      },
      "redis is restored from a dump": () => {
        const now = redis.dump();
        redis.restore(dump);
        // The next time it is the primary of before that comes back.
        dump = now;
        disconnectAll(REDIS);
      },
    };
    harms[what]();
  };
}
