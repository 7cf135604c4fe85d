import { destination, type Logger, pino, stdTimeFunctions } from "pino";

/** A log of one service: `log.info({ gameId }, "opened")`. Errors go under the key `err`. */
export type Log = Logger;

/** The levels that a log can be cut at, least to most. */
export const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

/** One of LOG_LEVELS. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A log that writes one JSON object a line to stderr, each with the service's name.
 *
 * Writes are synchronous, so that the last line before an exit is there.
 */
export function createLog(name: string, level: LogLevel = "info"): Log {
  const options = {
    name,
    level,
    timestamp: stdTimeFunctions.isoTime,
    // The level's word, as people and log stores search for it.
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination({ dest: 2, sync: true }));
}
