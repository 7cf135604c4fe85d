/**
 * Asks a server one call after the other: a process of its own, told by its parent what to ask. The
 * requests are framed already, so that a caller costs little.
 */
import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";

/** What to ask, and how fast. */
export type Calls = {
  /** host:port. */
  readonly target: string;
  /** E.g. "/courtside.stats.v1.StatsService/GetBoxScore". */
  readonly path: string;
  /** Requests as gRPC frames them: each call takes the next one. */
  readonly requests: readonly Uint8Array[];
  /** Calls a second; as many as are answered unless given. */
  readonly rate?: number;
  readonly seconds: number;
};

/** What became of calls. */
export type Called = {
  /** Answers within the time. */
  readonly answers: number;
  /** Calls that failed: too many were asked. */
  readonly failures: number;
  /** How long each answer took from when its call was due, in ms, ascending. */
  readonly latencies: readonly number[];
};

const CONNECTIONS = 4;
const CALLS_AT_ONCE = 64;
/** So many wait at most where calls have their times: what is due later is late then. */
const CALLS_WAITING_MAX = 200;
const TICK_MS = 1;

if (process.send !== undefined) {
  process.on("message", async (calls: Calls) => {
    process.send?.(await ask(calls));
  });
}

async function ask({ target, path, requests, rate, seconds }: Calls): Promise<Called> {
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://${target}`));
  const latencies: number[] = [];
  let next = 0;
  let waiting = 0;
  let failures = 0;
  const call = async (due: number) => {
    const place = next++;
    const request = requests[place % requests.length] as Uint8Array;
    waiting += 1;
    try {
      await answered(sessions[place % CONNECTIONS] as ClientHttp2Session, path, request);
      latencies.push(performance.now() - due);
    } catch {
      failures += 1;
    }
    waiting -= 1;
  };
  const begun = performance.now();
  const end = begun + seconds * 1_000;
  if (rate === undefined) {
    const caller = async () => {
      while (performance.now() < end) await call(performance.now());
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, caller));
  } else {
    const calls: Promise<void>[] = [];
    const due = () => begun + (calls.length * 1_000) / rate;
    for (let now = begun; now < end; now = performance.now()) {
      while (due() <= now && waiting < CALLS_WAITING_MAX) calls.push(call(due()));
      await delay(TICK_MS);
    }
    await Promise.all(calls);
  }
  for (const session of sessions) session.close();
  return { answers: latencies.length, failures, latencies: latencies.sort((a, b) => a - b) };
}

function answered(session: ClientHttp2Session, path: string, request: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc+proto",
      te: "trailers",
    });
    stream.on("trailers", (trailers) => {
      if (trailers["grpc-status"] === "0") resolve();
      else reject(new Error(`${trailers["grpc-status"]} ${trailers["grpc-message"]}`));
    });
    stream.on("error", reject);
    // Else what listens lives as long as the stream, which V8 keeps for long; and stops of this process count.
    stream.on("close", () => stream.removeAllListeners());
    stream.resume();
    stream.end(request);
  });
}
