/** Starts both servers in the folder given, prints their pids and dies without stopping them. */
import { join } from "node:path";
import { startPostgres, startRedis } from "../../../local/servers/index.ts";

const folder = process.argv[2] ?? "";
const postgres = await startPostgres({ folder: join(folder, "postgres") });
const redis = await startRedis({ folder: join(folder, "redis") });
process.stdout.write(JSON.stringify([postgres.identity, redis.identity]), () => {
  process.kill(process.pid, "SIGKILL");
});
