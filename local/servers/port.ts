import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Every server listens here and nowhere else. */
export const HOST = "127.0.0.1";

// Below the ports that the system gives to outgoing connections: one of those could take the port of
// a server that is just being restarted, and keep it.
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const ATTEMPTS_MAX = 100;

/**
 * A TCP port that nobody listens on at this moment. On Linux no other process is given it while this
 * one lives, so a server that is started again finds its port free; a stranger may be quicker to take it.
 * `from` is the lowest port that comes in question, and `to` the one above the highest.
 */
export async function freePort(from = PORT_MIN, to = PORT_MAX): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(from, to);
    if ((await isFree(port)) && (await isOurs(port))) return port;
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

/** Whether this process is the one that is given the port. What says so is a name that ends with the process. */
function isOurs(port: number): Promise<boolean> {
  if (process.platform !== "linux") return Promise.resolve(true);
  return new Promise((resolve) => {
    const claim = createServer();
    claim.once("error", () => resolve(false));
    claim.listen(`\0courtside-port-${port}`, () => resolve(true)).unref();
  });
}
