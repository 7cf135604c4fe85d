import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Limits } from "./limits.ts";

/** The connections of a server. */
export type Sessions = {
  /**
   * Tells all peers to make no new calls (GOAWAY) and settles when no connection is left. Calls that
   * run go on.
   */
  drain(): Promise<void>;
  /** Cuts every connection. */
  destroy(): void;
};

/** Watches over the connections of `server`: see prefaceMs, pingMs, idleMs and ageMs of Limits. */
export function watchSessions(server: Http2Server, limits: Limits): Sessions {
  const sessions = new Set<ServerHttp2Session>();
  let onEmpty = () => {};
  let draining = false;
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => {
      sessions.delete(session);
      if (sessions.size === 0) onEmpty();
    });
    watchSession(session, limits);
    // Accepted by the kernel before the server stopped listening.
    if (draining) session.close();
  });
  return {
    drain() {
      draining = true;
      for (const session of sessions) session.close();
      return new Promise((resolve) => {
        onEmpty = resolve;
        if (sessions.size === 0) resolve();
      });
    },
    destroy() {
      for (const session of sessions) session.destroy();
    },
  };
}

function watchSession(session: ServerHttp2Session, limits: Limits): void {
  session.setLocalWindowSize(limits.sessionWindowBytes);

  // A client's first frame is SETTINGS; until then it may be anything that opened a port.
  const preface = setTimeout(() => session.destroy(), limits.prefaceMs);
  session.once("remoteSettings", () => clearTimeout(preface));

  let calls = 0;
  let idleSince = performance.now();
  session.on("stream", (stream) => {
    calls += 1;
    stream.once("close", () => {
      calls -= 1;
      idleSince = performance.now();
    });
  });
  const closeAt = idleSince + limits.ageMs * (0.9 + 0.2 * Math.random());
  const ticks = setInterval(() => {
    const now = performance.now();
    const idle = calls === 0 && now - idleSince >= limits.idleMs;
    if (!session.closed && (idle || now >= closeAt)) session.close();
    ping(session, limits.pongMs);
  }, limits.pingMs);

  session.once("close", () => {
    clearTimeout(preface);
    clearInterval(ticks);
  });
}

// Not session.setTimeout: answers to pings would count as activity there.
function ping(session: ServerHttp2Session, pongMs: number): void {
  if (session.destroyed) return;
  const late = setTimeout(() => session.destroy(), pongMs);
  const sent = session.ping((error) => {
    clearTimeout(late);
    if (error !== null) session.destroy();
  });
  if (!sent) clearTimeout(late);
}
