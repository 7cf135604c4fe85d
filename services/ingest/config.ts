import { type Environment, readSettings } from "#runtime/config";
import { LOG_LEVELS } from "#runtime/log";
import { LIMITS_FORM } from "./limits.ts";
import { DURABILITIES } from "./replication.ts";

/** What the ingest service is told from outside. */
export type Config = ReturnType<typeof readConfig>;

/** Reads the settings, or throws one error that names every fault. */
export function readConfig(env: Environment) {
  return readSettings(env, (setting) => ({
    /** Where it listens, as host:port. */
    listen: setting.text("COURTSIDE_LISTEN", { default: "127.0.0.1:7101" }),
    /** The Postgres servers among which the primary is. */
    writer: setting.postgres("COURTSIDE_PG_WRITER"),
    /** How safe lines have to be that are acknowledged: on the primary's disk, or a standby's too. */
    durability: setting.choice("COURTSIDE_DURABILITY", DURABILITIES, { default: "local" }),
    logLevel: setting.choice("COURTSIDE_LOG_LEVEL", LOG_LEVELS, { default: "info" }),
    /** The most that each league takes for possible in one game; a line beyond it is held back. */
    limits: setting.text("COURTSIDE_LINE_LIMITS", {
      default: "",
      like: LIMITS_FORM,
      rule: "limits such as nba:points=120,assists=60, more leagues after a semicolon",
    }),
    /** How many uploads a second are told to come back after this process has gone. */
    returnsPerSecond: setting.integer("COURTSIDE_RETURNS_PER_SECOND", {
      min: 1,
      max: 100_000,
      default: 200,
    }),
    /** How long calls may go on once it was told to stop, in ms. */
    drainMs: setting.integer("COURTSIDE_DRAIN_MS", { min: 0, max: 600_000, default: 5_000 }),
  }));
}
