import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { HOST } from "../../local/servers/index.ts";

/** A way between two processes that can be harmed: what comes to its port goes on to its target. */
export type Link = {
  readonly host: string;
  readonly port: number;
  /** Lets nothing through either way, and keeps what comes: nobody notices but by waiting. */
  stall(): void;
  /** Lets through what was kept and what comes. */
  resume(): void;
  /** Breaks every connection there is; new ones are taken. */
  cut(): void;
  /** Leads new connections elsewhere. */
  leadTo(port: number): void;
  close(): Promise<void>;
};

/** Opens a link on loopback to a port there. */
export async function linkTo(port: number): Promise<Link> {
  const ends = new Set<Socket>();
  let target = port;
  let stalled = false;

  const server = createServer((near) => {
    const far = connect({ host: HOST, port: target });
    join(near, far);
    join(far, near);
  });
  function join(from: Socket, to: Socket): void {
    ends.add(from);
    from.on("data", (chunk) => {
      if (!to.write(chunk)) {
        from.pause();
        to.once("drain", () => {
          if (!stalled) from.resume();
        });
      }
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => {
      ends.delete(from);
      to.destroy();
    });
    if (stalled) from.pause();
  }

  server.listen({ host: HOST, port: 0 });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a link has no port");
  return {
    host: HOST,
    port: address.port,
    stall() {
      stalled = true;
      for (const end of ends) end.pause();
    },
    resume() {
      stalled = false;
      for (const end of ends) end.resume();
    },
    cut() {
      for (const end of ends) end.destroy();
    },
    leadTo(port) {
      target = port;
    },
    async close() {
      for (const end of ends) end.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
