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
  /**
   * Lets requests through and throws away what is answered, of every connection until it is cut: one that
   * went on would take later answers for those that are missing.
   */
  dropAnswers(): void;
  /** Lets everything through so many milliseconds later, each way; 0 ends that. */
  delay(ms: number): void;
  /** Breaks every connection there is, and new ones as soon as they are made. */
  refuse(): void;
  /** Breaks every connection there is; new ones are taken, and their answers too. */
  cut(): void;
  /** Ends whatever harm is being done. */
  heal(): void;
  /** Leads new connections elsewhere. */
  leadTo(port: number): void;
  /** How many connections there are. */
  connections(): number;
  close(): Promise<void>;
};

/** Opens a link on loopback to a port there. */
export async function linkTo(port: number): Promise<Link> {
  const pairs = new Set<readonly [near: Socket, far: Socket]>();
  let target = port;
  let stalled = false;
  let refusing = false;
  let dropping = false;
  let delayMs = 0;

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (refusing) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: HOST, port: target, noDelay: true, allowHalfOpen: true });
    near.setNoDelay(true);
    const pair = [near, far] as const;
    pairs.add(pair);
    carry(near, far, () => false);
    carry(far, near, () => dropping);
    near.on("close", () => pairs.delete(pair));
  });

  function carry(from: Socket, to: Socket, isLost: () => boolean): void {
    const later = inOrder();
    from.on("data", (chunk) => {
      if (isLost()) return;
      later(delayMs, () => {
        if (to.destroyed || to.write(chunk)) return;
        from.pause();
        to.once("drain", () => {
          if (!stalled) from.resume();
        });
      });
    });
    from.on("end", () => later(delayMs, () => void to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    if (stalled) from.pause();
  }
  function cut(): void {
    dropping = false;
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    pairs.clear();
  }

  function resume(): void {
    stalled = false;
    for (const end of [...pairs].flat()) end.resume();
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
      for (const end of [...pairs].flat()) end.pause();
    },
    resume,
    dropAnswers() {
      dropping = true;
    },
    delay(ms) {
      delayMs = ms;
    },
    refuse() {
      refusing = true;
      cut();
    },
    cut,
    heal() {
      refusing = false;
      delayMs = 0;
      if (dropping) cut();
      resume();
    },
    leadTo(port) {
      target = port;
    },
    connections: () => pairs.size,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

/** Does one thing after the other, each no earlier than its delay: a shorter one overtakes none. */
function inOrder(): (delayMs: number, what: () => void) => void {
  const waiting: { readonly due: number; readonly what: () => void }[] = [];
  function work(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const left = next.due - performance.now();
      if (left > 0) {
        setTimeout(work, left);
        return;
      }
      next.what();
      waiting.shift();
    }
  }
  return (delayMs, what) => {
    if (delayMs === 0 && waiting.length === 0) return what();
    waiting.push({ due: performance.now() + delayMs, what });
    if (waiting.length === 1) work();
  };
}
