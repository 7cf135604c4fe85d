import { readFileSync } from "node:fs";
import { type Environment, readSettings } from "#runtime/config";
import { LOG_LEVELS } from "#runtime/log";

/** What the relay is told from outside. */
export type Config = ReturnType<typeof readConfig>;

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

/** Reads the settings, or throws one error that names every fault. */
export function readConfig(env: Environment) {
  return readSettings(env, (setting) => ({
    /** Where it listens for senders, as host:port. */
    listen: setting.text("COURTSIDE_LISTEN", { default: "127.0.0.1:7106" }),
    /** Where it tells how it is, as host:port. */
    healthListen: setting.text("COURTSIDE_HEALTH_LISTEN", { default: "127.0.0.1:7107" }),
    /** The ingest service, as host:port or a grpc target. */
    ingest: setting.text("COURTSIDE_INGEST", { default: "127.0.0.1:7101" }),
    /** The folder of its spools. */
    folder: setting.text("COURTSIDE_SPOOL"),
    /** What the lines of one game may take on disk before they are forwarded, in MiB. */
    bytesMax: MIB * setting.integer("COURTSIDE_SPOOL_MIB", { min: 2, max: 100_000, default: 64 }),
    /** Games at a time that are sent or not forwarded. */
    gamesMax: setting.integer("COURTSIDE_GAMES", { min: 1, max: 10_000, default: 64 }),
    /** How long the lines of a game are kept after the last was forwarded, in days. */
    keepMs: DAY_MS * setting.integer("COURTSIDE_KEEP_DAYS", { min: 0, max: 3_650, default: 7 }),
    /** Whether other machines may reach it, although nothing is encrypted or checked. */
    insecure: setting.flag("COURTSIDE_INSECURE"),
    logLevel: setting.choice("COURTSIDE_LOG_LEVEL", LOG_LEVELS, { default: "info" }),
    /** How long calls may go on once it was told to stop, in ms. */
    drainMs: setting.integer("COURTSIDE_DRAIN_MS", { min: 0, max: 600_000, default: 5_000 }),
  }));
}

const PREFIX = "COURTSIDE_";

/**
 * The settings of a file, which the environment overrides: a JSON object whose names are those of the
 * settings in camel case, without their prefix, such as `keepDays` for COURTSIDE_KEEP_DAYS. Throws when it
 * is none, or has a name that is no setting's.
 */
export function withFile(env: Environment, path: string | undefined): Environment {
  if (!path) return env;
  const said = jsonIn(path);
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    throw new Error(`${path} must hold a JSON object.`);
  }
  const known = namesRead();
  const settings = Object.entries(said).map(([name, value]) => {
    const setting = PREFIX + name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    if (!known.has(setting)) throw new Error(`${path}: ${name} is no setting of the relay.`);
    return [setting, String(value)];
  });
  return { ...Object.fromEntries(settings), ...env };
}

function jsonIn(path: string): unknown {
  const text = readFileSync(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** The names of all settings. */
function namesRead(): ReadonlySet<string> {
  const names = new Set<string>();
  const env = new Proxy<Record<string, string>>(
    {},
    { get: (_, name) => void names.add(String(name)) },
  );
  try {
    readConfig(env);
  } catch {
    // Those without a default are missing here.
  }
  return names;
}
