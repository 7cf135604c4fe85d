import { createServer } from "node:net";

/** Every server listens here and nowhere else. */
export const HOST = "127.0.0.1";

/** A TCP port that nobody listens on at this moment. Somebody may be quicker to take it. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, HOST, () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
