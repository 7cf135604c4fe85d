import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { failure } from "#runtime/rpc";
import { watched } from "./watched.ts";

const QUICK = { firstMs: 1, mostMs: 1 };

/** A peer that answers each call by the next of these: messages by position, and how it ends. */
function peerOf(...calls: { positions: string[]; end?: Error }[]) {
  const asked: string[] = [];
  async function* open(resumeAfter: string) {
    asked.push(resumeAfter);
    const { positions, end } = calls.shift() ?? { positions: [] };
    for (const position of positions) yield { position };
    if (end !== undefined) throw end;
  }
  return { open, asked };
}

async function positionsOf(messages: AsyncIterable<{ position: string }>, count: number) {
  const found: string[] = [];
  for await (const { position } of messages) {
    found.push(position);
    if (found.length === count) break;
  }
  return found;
}

describe("watched", () => {
  it("goes on after the last position where the stream breaks or is cut", async () => {
    const away = new ConnectError("away", Code.Unavailable);
    const peer = peerOf(
      { positions: ["1", "2"], end: away },
      { positions: [], end: away },
      { positions: ["3"] },
      { positions: ["4"] },
    );

    expect(await positionsOf(watched(peer.open, QUICK), 4)).toEqual(["1", "2", "3", "4"]);
    expect(peer.asked).toEqual(["", "2", "2", "3"]);
  });

  it("begins anew where the journal has lost what was seen", async () => {
    const lost = failure("POSITION_LOST", "lost");
    const peer = peerOf({ positions: ["9"], end: lost }, { positions: ["5"] });

    expect(await positionsOf(watched(peer.open, QUICK), 2)).toEqual(["9", "5"]);
    expect(peer.asked).toEqual(["", ""]);
  });

  it("throws what the peer refuses", async () => {
    const unknown = failure("GAME_UNKNOWN", "nothing of it");
    const peer = peerOf({ positions: [], end: unknown });

    await expect(positionsOf(watched(peer.open, QUICK), 1)).rejects.toBe(unknown);
  });

  it("ends by the signal", async () => {
    const stop = new AbortController();
    const peer = peerOf({ positions: ["1"] }, { positions: ["2"] });
    const messages = watched(peer.open, { ...QUICK, signal: stop.signal });
    await messages.next();
    stop.abort(new Error("enough"));

    await expect(messages.next()).rejects.toThrow("enough");
  });
});
