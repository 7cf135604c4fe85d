import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { slotOf } from "#domain/slots";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { createLog } from "#runtime/log";
import { rpcClient } from "#runtime/rpc";
import { archiveReadsIn } from "#stores/archive";
import { hotFoldsIn } from "#stores/hotstore";
import { journalInPostgres } from "#stores/journal";
import { postgresPool } from "#stores/postgres";
import { connected, redisClient } from "#stores/redis";
import { seasonAsked } from "#wire/seasons";
import { type AskedSeason, askedSeason } from "../../../cli/seasons.ts";
import { playerLine } from "../../integration/uploads.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import type { FaultMesh } from "../mesh.ts";
import { verified } from "../verified.ts";
import { frozen } from "./processes.ts";
import { USUAL } from "./usual.ts";

const FOLDED_WITHIN_MS = 15_000;
const LOG = createLog("test", "silent");

/** Faults of what is kept: a disk, or somebody's hand, has changed it. Each in a season of its own. */
export const OF_WHAT_IS_KEPT: readonly Fault[] = [
  {
    ...USUAL,
    name: "journal-row-changed",
    what: "a byte of a row of the journal is not what was written, before it is folded, for 4 s",
    lastsS: 4,
    isAlone: true,
    inject: rowChanged,
  },
  {
    ...USUAL,
    name: "redis-value-changed",
    what: "somebody changes a score in Redis by hand; the season is compared, and made again",
    lastsS: 1,
    isAlone: true,
    inject: scoreChanged,
  },
];

const FLIP = `
  update journal_row set body = set_byte(body, length(body) - 1, get_byte(body, length(body) - 1) # 1)
  where slot = $1 and first_offset = 1`;

async function rowChanged({ mesh }: Target): Promise<Harm> {
  const season = ownSeason("changed");
  const slot = slotOf(seasonAsked(season));
  const pool = postgresPool({
    url: mesh.stores.writerUrl,
    connectionsMax: 1,
    log: LOG,
    name: "kept",
  });
  const archivedUpTo = async () =>
    (await archiveReadsIn(pool).progress(slot)).cursor?.endOffset ?? 0;
  const projectors = mesh.parts("projector");
  await record(mesh, season);
  await until(async () => (await archivedUpTo()) === 1);
  const standing = frozen(projectors);
  await record(mesh, season);
  await pool.query(FLIP, [slot]);
  await standing.heal();
  const complaints: string[] = [];
  return {
    target: slot,
    async heal() {
      if ((await archivedUpTo()) > 1)
        complaints.push("a row that is not what was written was folded");
      await pool.query(FLIP, [slot]);
      const { endOffset: end } = (await journalInPostgres(pool).heads()).get(slot) ?? {};
      const isFolded = await until(async () => (await archivedUpTo()) === end);
      if (!isFolded) complaints.push("the row was not folded when it was what was written again");
      await pool.end();
    },
    complaints: () => complaints,
    isEvident: () =>
      projectors.some(({ name }) =>
        readFileSync(mesh.logOf(name), "utf8").includes(`the row of ${slot} at 1 is not what was`),
      ),
  };
}

async function scoreChanged({ mesh }: Target): Promise<Harm> {
  const season = ownSeason("touched");
  const slot = slotOf(seasonAsked(season));
  const redis = redisClient({ url: mesh.stores.redisUrl, log: LOG, name: "kept" });
  await connected(redis);
  await record(mesh, season);
  let generation = "";
  await until(async () => {
    generation = (await hotFoldsIn(redis).cursor(slot))?.generation ?? "";
    return generation !== "";
  });
  const board = `courtside:{${slot}}:g${generation}:standings:points`;
  await redis.zincrby(board, -5, "p1");
  redis.disconnect();
  const complaints: string[] = [];
  const differences = async () => (await verified(mesh, season)).differences.length;
  return {
    target: board,
    async heal() {
      if ((await differences()) === 0) complaints.push("the comparison did not find it");
      const projector = rpcClient(ProjectorService, mesh.target("projector"));
      await projector.rebuildSeason({ season });
      projector.close();
      if ((await differences()) > 0)
        complaints.push("it is still there after the season was made again");
    },
    complaints: () => complaints,
  };
}

let seasons = 0;

/** A season that nobody else has. */
function ownSeason(name: string): AskedSeason {
  seasons += 1;
  return askedSeason({ league: `${name}${seasons}`, season: "2023-24", type: "regular" });
}

async function record(mesh: FaultMesh, season: AskedSeason): Promise<void> {
  const ingest = rpcClient(IngestService, mesh.target("ingest"));
  await ingest.recordLines({ source: "kept", season, gameId: "g1", lines: [playerLine("p1", 7)] });
  ingest.close();
}

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + FOLDED_WITHIN_MS; Date.now() < end; await delay(50)) {
    if (await holds()) return true;
  }
  return false;
}
