import { createLog, type Log } from "#runtime/log";
import { limitGarbage, shortenStops } from "./collector.ts";

const STOP_WITHIN_MS_DEFAULT = 20_000;

/** What runs between a service's start and its end. */
export type Running = {
  /** Ends the service: answers what it has begun, then lets go of its stores. Called once. */
  stop(): Promise<void>;
};

/** A service, as its main.ts describes it. */
export type ServiceSpec = {
  /** The service's name, as it stands in its log. */
  readonly name: string;
  /** Where it writes; one that takes the name when absent. */
  readonly log?: Log;
  /** Starts it. `stopping` aborts on the first signal to stop, before `stop` is called. */
  readonly start: (stopping: AbortSignal) => Promise<Running>;
  /**
   * Whether it stops for garbage often and briefly, in place of seldom and for long: for one that answers
   * thousands of calls a second, each within milliseconds. Default false.
   */
  readonly shortStops?: boolean;
  /** How long `stop` may take before the process ends regardless. Default 20 s. */
  readonly stopWithinMs?: number;
};

/**
 * Runs a service until SIGTERM or SIGINT, and then ends the process.
 *
 * Exit code 0 after a stop in time. Exit code 1, with one line in the log, when it does not start,
 * does not stop in time, or when an error reaches nobody: what such a process still knows is not to
 * be trusted, and everything it has to keep is in a store. Further signals change nothing.
 */
export async function runService(spec: ServiceSpec): Promise<void> {
  const { name, log = createLog(name), start, stopWithinMs = STOP_WITHIN_MS_DEFAULT } = spec;
  limitGarbage();
  if (spec.shortStops) shortenStops();
  const stopping = new AbortController();
  const signalled = new Promise<void>((resolve) => {
    const onSignal = (signal: NodeJS.Signals) => {
      if (stopping.signal.aborted) return;
      log.info({ signal }, "stopping");
      // Set here and not around stop(): a start that hangs must not outlive its signal either.
      setTimeout(() => fail(log, undefined, "did not stop in time"), stopWithinMs).unref();
      stopping.abort();
      resolve();
    };
    // Not once(): without a listener, a repeated signal would kill the process in its stop.
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
  process.on("uncaughtException", (error) => fail(log, error, "uncaught exception"));
  process.on("unhandledRejection", (error) => fail(log, error, "unhandled rejection"));

  try {
    const running = await start(stopping.signal);
    if (!stopping.signal.aborted) log.info("started");
    await signalled;
    await running.stop();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (stopping.signal.aborted) fail(log, error, `could not stop: ${message}`);
    fail(log, error, `could not start: ${message}`);
  }
  log.info("stopped");
  process.exit(0);
}

function fail(log: Log, error: unknown, message: string): never {
  log.fatal({ err: error }, message);
  process.exit(1);
}
