import type { Server } from "node:net";

/** Where a server listens. */
export type Place = { readonly host: string; readonly port: number };

/**
 * The place that `listen` names as `host:port`. Throws for one that other machines reach, unless
 * `insecure` allows it although nothing is encrypted or checked.
 */
export function placeOf(listen: string, insecure = false): Place {
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+)):([0-9]{1,5})$/.exec(listen) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) throw new Error(`not a host:port: ${listen}`);
  if (insecure || isLoopback(host)) return { host, port };
  throw new Error(
    `refusing to listen on ${listen}: it is not a loopback address, and without certificates ` +
      "everybody who reaches it could read and write. Say so in so many words to allow it.",
  );
}

/** Where a server really listens, as `host:port`. */
export function addressOf(server: Pick<Server, "address">): string {
  const address = server.address();
  // Null before listening, a text for a Unix socket.
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  const { family, address: host, port } = address;
  return family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.[0-9]{1,3}){3}$/.test(host);
}
