import { type Environment, readSettings } from "#runtime/config";
import { LOG_LEVELS } from "#runtime/log";

/** What the gateway is told from outside. */
export type Config = ReturnType<typeof readConfig>;

/** Reads the settings, or throws one error that names every fault. */
export function readConfig(env: Environment) {
  return readSettings(env, (setting) => ({
    /** Where it listens, as host:port. */
    listen: setting.text("COURTSIDE_LISTEN", { default: "127.0.0.1:7105" }),
    /** The services behind it, each as host:port or a grpc target. */
    ingest: setting.text("COURTSIDE_INGEST", { default: "127.0.0.1:7101" }),
    stats: setting.text("COURTSIDE_STATS", { default: "127.0.0.1:7103" }),
    leaderboard: setting.text("COURTSIDE_LEADERBOARD", { default: "127.0.0.1:7104" }),
    /** The season that is meant where neither a request nor a game's id names one. */
    season: setting.text("COURTSIDE_SEASON", { like: SEASON, rule: "a season such as 2023-24" }),
    /** The web origins whose pages may read; "*" for all. */
    origins: listOf(setting.text("COURTSIDE_ORIGINS", { default: "*" })),
    logLevel: setting.choice("COURTSIDE_LOG_LEVEL", LOG_LEVELS, { default: "info" }),
    /** How long requests may go on once it was told to stop, in ms. */
    drainMs: setting.integer("COURTSIDE_DRAIN_MS", { min: 0, max: 600_000, default: 5_000 }),
  }));
}

const SEASON = /^[0-9]{4}-[0-9]{2}$/;

function listOf(text: string): string[] {
  return text.split(",").map((one) => one.trim());
}
