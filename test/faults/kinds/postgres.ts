import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { reasonOf, rpcClient } from "#runtime/rpc";
import type { Fault, Harm, Target } from "../fault.ts";
import { type Link, linkTo } from "../link.ts";
import { endOf } from "../load/readers.ts";
import type { FaultMesh } from "../mesh.ts";
import { frozen, killed } from "./processes.ts";
import { EVERY_POSTGRES, USUAL } from "./usual.ts";

const OF_EVERY_POSTGRES = {
  ...USUAL,
  topologies: EVERY_POSTGRES,
  caughtUpWithinS: 10,
  withoutWritesS: 15,
} satisfies Partial<Fault>;

/** Faults of Postgres, or of the primary, that comes back as what it was. */
export const OF_POSTGRES: readonly Fault[] = [
  {
    ...OF_EVERY_POSTGRES,
    name: "postgres-killed",
    what: "kill -9 of Postgres, or of the primary",
    hadEffect: ({ journalAway, withoutWritesS }) => journalAway > 0 && withoutWritesS > 2,
    inject: async ({ mesh }) => killed(mesh, [primaryOf(mesh)]),
  },
  {
    ...OF_EVERY_POSTGRES,
    name: "postgres-frozen",
    what: "SIGSTOP of Postgres, or of the primary, and all its processes for 6 s, then SIGCONT",
    lastsS: 6,
    withoutWritesS: 20,
    hadEffect: ({ journalAway, withoutWritesS }) => journalAway > 0 && withoutWritesS > 4,
    inject: async ({ mesh }) => frozen([primaryOf(mesh)]),
  },
];

const OF_REPLICATION = {
  ...USUAL,
  topologies: ["replicated"],
  caughtUpWithinS: 15,
  withoutWritesS: 20,
  withoutReadsS: 8,
} satisfies Partial<Fault>;

const HISTORY_WITHIN_MS = 3_000;
const BEHIND = "select pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn() as bytes";

/** How long it takes somebody to notice that the primary is gone, and to put another in its place. */
const NOTICED_MS = 500;

/** Faults of a Postgres with standbys, one of which has to have what is acknowledged. */
export const OF_REPLICATED: readonly Fault[] = [
  {
    ...OF_REPLICATION,
    name: "standby-killed",
    what: "kill -9 of the synchronous standby; the other one is waited for from then on",
    hadEffect: ({ withoutWritesS }) => withoutWritesS > 0,
    inject: async ({ mesh }) => killed(mesh, [mesh.part("postgres-2")]),
  },
  {
    ...OF_REPLICATION,
    name: "standbys-stalled",
    what: "nothing passes between the primary and its standbys, and nothing breaks, for 6 s",
    lastsS: 6,
    hadEffect: ({ withoutWritesS }) => withoutWritesS > 4,
    inject: async (on) => {
      const link = await overLink(on);
      link.stall();
      return { target: "postgres → standbys", heal: async () => link.heal() };
    },
  },
  {
    ...OF_REPLICATION,
    name: "standbys-behind",
    what: "the standbys take what comes and do not show it, for 5 s: who asks for history is answered by the primary",
    lastsS: 5,
    // What is acknowledged is on their disks.
    withoutWritesS: USUAL.withoutWritesS,
    inject: standbysBehind,
  },
  {
    ...OF_REPLICATION,
    name: "failover",
    what: "kill -9 of the Postgres primary; a standby takes its place; the old one comes back as it was",
    lastsS: 5,
    // 10 s from when the standby has taken its place, which is so within a second.
    withoutWritesS: 11,
    // The old one goes on as a primary that nobody follows.
    spoils: true,
    hadEffect: ({ journalAway, withoutWritesS }) => journalAway + withoutWritesS > 0.5,
    inject: async (on) => failedOver(on),
  },
  {
    ...OF_REPLICATION,
    name: "failover-with-loss",
    what: "no standby hears of what is committed and cancelled; then the primary dies, and one takes its place",
    lastsS: 5,
    // The same, and as long as no standby hears anything.
    withoutWritesS: 14,
    spoils: true,
    hadEffect: ({ journalAway, withoutWritesS }) => journalAway + withoutWritesS > 0.5,
    inject: async (on) => {
      const { mesh } = on;
      const link = await overLink(on);
      link.stall();
      const url = mesh.stores.urlOf(mesh.stores.postgres.primary());
      let cancelled = 0;
      for (const end = Date.now() + 3_000; Date.now() < end; await delay(200)) {
        cancelled += Number((await sql(url, CANCEL_WAITS))[0]?.cancelled ?? 0);
      }
      const harm = await failedOver(on);
      link.cut();
      return { ...harm, isEvident: () => cancelled > 0 };
    },
  },
];

// Such a commit is there for whoever reads, and on no standby.
const CANCEL_WAITS = `
  select count(pg_cancel_backend(pid)) as cancelled
  from pg_stat_activity where wait_event = 'SyncRep'`;

const primaryOf = ({ part, stores }: FaultMesh) => part(stores.postgres.primary());

/** Kills the primary for good, and has a standby take its place. */
async function failedOver({ mesh }: Target) {
  const { postgres } = mesh.stores;
  const harm = await killed(mesh, [primaryOf(mesh)]);
  await delay(NOTICED_MS);
  await postgres.promote("postgres-2");
  return harm;
}

/** Stops what the standbys show where it is, and asks for history up to what was acknowledged last. */
async function standbysBehind({ mesh, history, season }: Target): Promise<Harm> {
  const names = await mesh.stores.those("replica", "postgres");
  const urls = names.map(mesh.stores.urlOf);
  await Promise.all(urls.map((url) => sql(url, "select pg_wal_replay_pause()")));
  const stats = rpcClient(StatsService, mesh.target("stats"), { timeoutMs: HISTORY_WITHIN_MS });
  const complaints = new Set<string>();
  let answers = 0;
  let stopping = false;
  let behind = 0;
  const asking = (async () => {
    for (; !stopping; await delay(50)) {
      const newest = history.all.findLast((one) => one.op === "lines" && one.type === "ok");
      const position = newest !== undefined && "position" in newest ? newest.position : "";
      const gameId = newest !== undefined && "upload" in newest ? newest.upload.split("/")[1] : "";
      try {
        const asOf = { position };
        const asked = { season, gameId: gameId ?? "", readAfter: position, asOf };
        const answer = await stats.getBoxScore(asked);
        if (endOf(answer.position) < endOf(position)) complaints.add("an answer was too old");
        answers += 1;
      } catch (error) {
        const { reason, message } = reasonOf(error);
        if (reason !== "READ_AFTER_TIMEOUT") complaints.add(`history was answered ${message}`);
      }
    }
  })();
  return {
    target: names.join(" "),
    async heal() {
      for (const url of urls) {
        behind = Math.max(behind, Number((await sql(url, BEHIND))[0]?.bytes ?? 0));
        await sql(url, "select pg_wal_replay_resume()");
      }
      stopping = true;
      await asking;
      stats.close();
    },
    complaints: () => [...complaints],
    isEvident: () => answers > 2 && behind > 0,
  };
}

/** Leads the standbys to their primary over a link. */
async function overLink({ mesh }: Target): Promise<Link> {
  const { postgres, urlOf } = mesh.stores;
  const { port, username, password } = new URL(urlOf(postgres.primary()));
  const link = await linkTo(Number(port));
  for (const name of await mesh.stores.those("replica", "postgres")) {
    const way = `host=${link.host} port=${link.port} user=${username} password=${password} application_name=${name}`;
    await sql(urlOf(name), `alter system set primary_conninfo = '${way}'`);
    await sql(urlOf(name), "select pg_reload_conf()");
  }
  // As long as they are connected anew.
  await delay(1_000);
  return link;
}

async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
