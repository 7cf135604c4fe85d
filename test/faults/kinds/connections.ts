import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { StatsService, WatchGameRequestSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { framed, rawCall } from "../../../runtime/rpc/raw.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import { USUAL } from "./usual.ts";

const SILENT = 300;
const STREAMS = 5_000;
/** Below what one connection may have. */
const STREAMS_EACH = 250;

/** Faults of connections: there are many, and little comes over them. */
export const OF_CONNECTIONS: readonly Fault[] = [
  {
    ...USUAL,
    name: "slow-handshakes",
    what: `${SILENT} connections each that say nothing, only half of a greeting, or half of a request`,
    // As long as a server may wait for a request, and a little more.
    lastsS: 12,
    byClient: true,
    inject: async (on) => slowHandshakes(on),
  },
  {
    ...USUAL,
    name: "idle-streams",
    what: `${STREAMS} streams over few connections, each of a game of which nothing comes`,
    lastsS: 6,
    byClient: true,
    inject: idleStreams,
  },
];

const GREETING = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

function slowHandshakes({ mesh }: Target): Harm {
  let open = 0;
  let refused = 0;
  const ends: (() => void)[] = [];
  const addresses = mesh.addresses("stats");
  const sockets = (said: string) => {
    for (let at = 0; at < SILENT; at += 1) {
      const [host = "", port] = (addresses[at % addresses.length] ?? "").split(":");
      const socket = connect({ host, port: Number(port) });
      open += 1;
      socket.on("error", () => {});
      // Who reads nothing does not notice that it is over.
      socket.resume();
      socket.on("close", () => {
        open -= 1;
        refused += 1;
      });
      if (said !== "") socket.write(said);
      ends.push(() => socket.destroy());
    }
  };
  sockets("");
  sockets(GREETING.slice(0, 10));
  const session = connectHttp2(`http://${addresses[0]}`);
  session.on("error", () => {});
  ends.push(() => session.destroy());
  for (let at = 0; at < STREAMS_EACH; at += 1) {
    const { stream, trailers } = rawCall(session, `/${StatsService.typeName}/GetBoxScore`);
    stream.write(Buffer.from([0, 0, 0]));
    open += 1;
    void trailers.then(() => {
      open -= 1;
      refused += 1;
    });
  }
  let left = 0;
  let ended = 0;
  return {
    target: "stats",
    async heal() {
      [left, ended] = [open, refused];
      for (const end of ends) end();
    },
    isEvident: () => ended > 0,
    complaints: () => (left === 0 ? [] : [`${left} of them were still waited for`]),
  };
}

async function idleStreams({ mesh, season }: Target): Promise<Harm> {
  const addresses = mesh.addresses("stats");
  const asked = { season, gameId: "nobody-plays-it" };
  const request = framed(toBinary(WatchGameRequestSchema, create(WatchGameRequestSchema, asked)));
  let opened = 0;
  const sessions = Array.from({ length: STREAMS / STREAMS_EACH }, (_, at) => {
    const session = connectHttp2(`http://${addresses[at % addresses.length]}`);
    session.on("error", () => {});
    return session;
  });
  for (const session of sessions) {
    for (let at = 0; at < STREAMS_EACH && !session.closed && !session.destroyed; at += 1) {
      const { stream } = rawCall(session, `/${StatsService.typeName}/WatchGame`);
      stream.on("response", () => {
        opened += 1;
      });
      stream.end(request);
    }
    // It is about streams that are there, and not about many that come at once.
    await delay(200);
  }
  for (const end = Date.now() + 10_000; opened < STREAMS && Date.now() < end; ) await delay(50);
  return {
    target: "stats",
    async heal() {
      for (const session of sessions) session.destroy();
    },
    isEvident: () => opened >= STREAMS,
  };
}
