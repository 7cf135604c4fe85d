export { createLog, LOG_LEVELS, type Log, type LogLevel } from "./log.ts";
