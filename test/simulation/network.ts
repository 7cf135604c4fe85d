import type { Chance, VirtualTime } from "./virtual-time.ts";

/** One life of a process: what it waits for never comes once it is dead. */
export type Process = { readonly name: string; alive: boolean };

/** A server that processes talk to, by name; on ordered links nothing overtakes. */
export type Server = { readonly name: string; readonly ordered: boolean };

/** How a request gets to its server: it is executed there, and what that gives comes back. */
export type Send = <Reply>(what: string, execute: () => Reply | Promise<Reply>) => Promise<Reply>;

/** Sends nothing anywhere: for tests of the servers alone. */
export const AT_ONCE: Send = async (_, execute) => execute();

type Request = {
  readonly what: string;
  /** The connection broke before it was executed, and it never arrives. */
  dropped: boolean;
  /** The caller has its answer, or knows that there is none. */
  settled: boolean;
  readonly fail: (error: Error) => void;
};

type Link = { readonly requests: Set<Request>; arrival: number; reply: number };

/** The network between processes and servers, and what can be wrong with it. */
export type Network = ReturnType<typeof simulatedNetwork>;

/** What happened, a line each. */
export type Tell = (actor: string, what: string) => void;

export function simulatedNetwork(time: VirtualTime, tell: Tell) {
  const links = new Map<string, Link>();
  const listeners = new Set<(process: Process, server: Server) => void>();
  const until = new Map<string, number>();
  const chance = (process: Process): Chance => time.chance(`network of ${process.name}`);
  const is = (state: string) => (until.get(state) ?? 0) > time.now();

  function linkOf(process: Process, server: Server): Link {
    const key = `${process.name} ${server.name}`;
    const link = links.get(key) ?? { requests: new Set(), arrival: 0, reply: 0 };
    links.set(key, link);
    return link;
  }

  /** A frozen process neither sends nor hears; on a slow way some messages take very long. */
  function travelMs(process: Process, server: Server): number {
    const random = chance(process);
    const usual = random.between(0.1, random() < 0.1 ? 20 : 2);
    const slow = is(`slow ${server.name}`) && random() < 0.3 ? random.between(200, 3_000) : 0;
    const frozen = Math.max(0, (until.get(`frozen ${process.name}`) ?? 0) - time.now());
    return usual + slow + frozen;
  }

  function request<Reply>(
    process: Process,
    server: Server,
    timeoutMs: number,
    what: string,
    execute: () => Reply | Promise<Reply>,
  ): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      if (!process.alive) return;
      const link = linkOf(process, server);
      const settle = (how: () => void) => {
        if (request.settled) return;
        request.settled = true;
        link.requests.delete(request);
        stopClock();
        if (process.alive) how();
      };
      const fail = (error: Error) => settle(() => reject(error));
      const request: Request = { what, dropped: false, settled: false, fail };
      const stopClock = time.after(timeoutMs, () =>
        fail(new Error("timeout exceeded when trying")),
      );
      link.requests.add(request);
      if (is(`down ${server.name}`)) {
        request.dropped = true;
        time.after(travelMs(process, server), () => fail(refused()));
        return;
      }
      const answered = (how: () => void) => {
        const at = Math.max(
          time.now() + travelMs(process, server),
          server.ordered ? link.reply : 0,
        );
        link.reply = at;
        time.after(at - time.now(), () => settle(how));
      };
      const arrive = (isLast: boolean) => {
        if (request.dropped) return;
        const note = request.settled
          ? " (nobody waits for it)"
          : isLast
            ? ""
            : " (sent again later)";
        tell(process.name, `${server.name}: ${what}${note}`);
        const outcome = Promise.try(execute);
        if (!isLast) return void outcome.catch(() => {});
        outcome.then(
          (reply) => answered(() => resolve(reply)),
          (error) => answered(() => reject(error)),
        );
      };
      const at = Math.max(
        time.now() + travelMs(process, server),
        server.ordered ? link.arrival : 0,
      );
      link.arrival = at;
      const isTwice = is(`twice ${server.name}`) && chance(process)() < 0.5;
      if (isTwice) time.after(at - time.now(), () => arrive(false));
      const again = isTwice ? travelMs(process, server) : 0;
      time.after(at + again - time.now(), () => arrive(true));
    });
  }

  function cut(process: Process, server: Server): void {
    const random = chance(process);
    for (const one of [...linkOf(process, server).requests]) {
      // What is in the server's buffer may still be executed.
      one.dropped ||= random() < 0.5;
      one.fail(
        Object.assign(new Error("Connection terminated unexpectedly"), { code: "ECONNRESET" }),
      );
    }
    for (const onCut of listeners) onCut(process, server);
  }

  return {
    /** How a process reaches a server; a request without an answer fails after so many ms. */
    way:
      (process: Process, server: Server, timeoutMs: number): Send =>
      (what, execute, ownMs = timeoutMs) =>
        request(process, server, ownMs, what, execute),
    /** Something that a server says by itself. */
    push(process: Process, server: Server, hear: () => void) {
      time.after(travelMs(process, server), () => process.alive && hear());
    },
    /** Breaks the connections of a process to a server. */
    cut,
    onCut: (listener: (process: Process, server: Server) => void) => void listeners.add(listener),
    /** For so many ms: "down", "slow" or "twice" (each command may be sent again) of a server, "frozen" of a process. */
    disturb(state: "down" | "slow" | "twice" | "frozen", name: string, ms: number) {
      until.set(`${state} ${name}`, time.now() + ms);
    },
    heal: () => until.clear(),
  };
}

function refused(): Error {
  return Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
}
