import { type Environment, readSettings } from "#runtime/config";
import { LOG_LEVELS } from "#runtime/log";

/** What the projector is told from outside. */
export type Config = ReturnType<typeof readConfig>;

/** Reads the settings, or throws one error that names every fault. */
export function readConfig(env: Environment) {
  return readSettings(env, (setting) => ({
    /** Where it listens, as host:port. */
    listen: setting.text("COURTSIDE_LISTEN", { default: "127.0.0.1:7102" }),
    /** The Postgres servers among which the primary is. */
    writer: setting.postgres("COURTSIDE_PG_WRITER"),
    /** Redis: one server, Sentinels or a Cluster. */
    redis: setting.redis("COURTSIDE_REDIS"),
    logLevel: setting.choice("COURTSIDE_LOG_LEVEL", LOG_LEVELS, { default: "info" }),
    /** How long calls may go on once it was told to stop, in ms. */
    drainMs: setting.integer("COURTSIDE_DRAIN_MS", { min: 0, max: 600_000, default: 5_000 }),
    /** Under load a slot is folded onto the hot store at most this often, in ms. */
    foldEveryMs: setting.integer("COURTSIDE_FOLD_EVERY_MS", { min: 0, max: 10_000, default: 90 }),
    /** And onto the archive: its transaction costs much the same for one line as for a thousand. */
    archiveEveryMs: setting.integer("COURTSIDE_ARCHIVE_EVERY_MS", {
      min: 0,
      max: 10_000,
      default: 250,
    }),
    /** Entries that one fold takes at most. */
    entriesPerFold: setting.integer("COURTSIDE_ENTRIES_PER_FOLD", {
      min: 1,
      max: 100_000,
      default: 10_000,
    }),
  }));
}
