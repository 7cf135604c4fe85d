export { type PostgresServer, postgresServers } from "./postgres-url.ts";
export { type HostPort, type Login, type RedisPlace, redisPlace } from "./redis-url.ts";
export { type Environment, readSettings, type SettingReader, SettingsError } from "./settings.ts";
