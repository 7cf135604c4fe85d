import { type Environment, readSettings } from "#runtime/config";
import { LOG_LEVELS } from "#runtime/log";

/** What the leaderboard service is told from outside. */
export type Config = ReturnType<typeof readConfig>;

/** Reads the settings, or throws one error that names every fault. */
export function readConfig(env: Environment) {
  return readSettings(env, (setting) => ({
    /** Where it listens, as host:port. */
    listen: setting.text("COURTSIDE_LISTEN", { default: "127.0.0.1:7104" }),
    /** The Postgres servers among which the primary is. */
    writer: setting.postgres("COURTSIDE_PG_WRITER"),
    /** Those that history is read from, standbys rather than the primary; empty: the writer's. */
    reader: setting.postgres("COURTSIDE_PG_READER", { default: "" }),
    /** Redis: one server, Sentinels or a Cluster. */
    redis: setting.redis("COURTSIDE_REDIS"),
    /** Who answers reads of the hot store. */
    redisReads: setting.choice("COURTSIDE_REDIS_READS", ["primary", "replicas"], {
      default: "primary",
    }),
    logLevel: setting.choice("COURTSIDE_LOG_LEVEL", LOG_LEVELS, { default: "info" }),
    /** How long calls may go on once it was told to stop, in ms. */
    drainMs: setting.integer("COURTSIDE_DRAIN_MS", { min: 0, max: 600_000, default: 5_000 }),
  }));
}
