import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Every server listens here and nowhere else. */
export const HOST = "127.0.0.1";

// Below the ports that the system gives to outgoing connections: one of those could take the port of
// a server that is just being restarted, and keep it.
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const ATTEMPTS_MAX = 100;

/** A TCP port that nobody listens on at this moment. Somebody may be quicker to take it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${ATTEMPTS_MAX} ports tried on ${HOST} is free.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}
