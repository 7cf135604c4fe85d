/**
 * Real Redis and Postgres servers on loopback, each with its data in a folder of its own. Starting
 * one in a folder that was used before goes on with its data, whatever way the last one ended.
 */
export { appendTo, tailOf } from "./log-file.ts";
export { removeFolder } from "./owner.ts";
export { freePort } from "./port.ts";
export { startPostgres } from "./postgres.ts";
export { startRedis } from "./redis.ts";
export type { RunningServer, ServerEnd, ServerOptions } from "./running-server.ts";
