/**
 * Real Redis and Postgres servers on loopback, each with its data in a folder of its own. Starting
 * one in a folder that was used before goes on with its data, whatever way the last one ended.
 */
export { type Child, childOf, type End, endProcess, type Stop } from "./child.ts";
export { appendTo, boundLog, tailOf } from "./log-file.ts";
export { removeFolder } from "./owner.ts";
export { freePort, HOST } from "./port.ts";
export { POSTGRES_STOP, type StandbyOptions, startPostgres, startStandby } from "./postgres.ts";
export {
  POSTGRES_TOPOLOGIES,
  type PostgresGroup,
  type PostgresRole,
  type PostgresTopology,
  postgresRoles,
  startPostgresAs,
} from "./postgres-groups.ts";
export { REDIS_STOP, startRedis } from "./redis.ts";
export {
  REDIS_TOPOLOGIES,
  type RedisGroupOptions,
  type RedisRole,
  type RedisTopology,
  redisRoles,
  startRedisAs,
} from "./redis-groups.ts";
export type {
  GroupOptions,
  RunningServer,
  RunServer,
  ServerGroup,
  ServerOptions,
} from "./running-server.ts";
