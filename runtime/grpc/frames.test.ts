import { Code } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Frame, Frames, framed } from "./frames.ts";

const MAX_BYTES = 1_000;

function framesIn(...chunks: Buffer[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new Frames(MAX_BYTES);
  for (const chunk of chunks) reader.take(chunk, (frame) => frames.push(frame));
  expect(reader.isWhole).toBe(true);
  return frames;
}

describe("Frames", () => {
  it("are the messages that were framed, wherever the body is cut", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 });
    const cuts = fc.array(fc.nat(250), { maxLength: 12 });
    fc.assert(
      fc.property(messages, cuts, (messages, cuts) => {
        const body = Buffer.concat(messages.flatMap((message) => framed([message], MAX_BYTES)));
        const places = [0, ...cuts.filter((at) => at < body.length), body.length];
        const chunks = places
          .sort((a, b) => a - b)
          .map((at, place) => body.subarray(places[place - 1] ?? 0, at));

        expect(framesIn(...chunks).map(({ bytes }) => [...bytes])).toEqual(
          messages.map((message) => [...message]),
        );
      }),
    );
  });

  it("say which of them are compressed", () => {
    const frames = framesIn(Buffer.from([1, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0]));

    expect(frames).toEqual([
      { isCompressed: true, bytes: Buffer.from([7]) },
      { isCompressed: false, bytes: Buffer.alloc(0) },
    ]);
  });

  it("P9: are refused by the length that they claim, behind those that are in order", () => {
    const frames: Frame[] = [];
    const reader = new Frames(MAX_BYTES);
    const body = Buffer.from([0, 0, 0, 0, 1, 7, 0, 0, 0, 0x03, 0xe9]);

    expect(() => reader.take(body, (frame) => frames.push(frame))).toThrow(
      expect.objectContaining({ code: Code.ResourceExhausted }),
    );
    expect(frames).toHaveLength(1);
  });

  it("are refused with flags that nobody knows", () => {
    expect(() => framesIn(Buffer.from([2, 0, 0, 0, 0]))).toThrow("unknown flags 2");
  });
});

describe("framed", () => {
  it("P9: refuses a message that is too large", () => {
    const most = Buffer.alloc(MAX_BYTES);
    expect(() => framed([most, Buffer.alloc(1)], MAX_BYTES)).toThrow("1001 bytes");
    expect(framed([most], MAX_BYTES)[0]).toHaveLength(MAX_BYTES + 5);
  });

  it("takes a message in parts", () => {
    const parts = [Buffer.from([1, 2]), Buffer.alloc(0), Buffer.from([3])];

    expect(framesIn(Buffer.concat(framed(parts, MAX_BYTES)))).toEqual([
      { isCompressed: false, bytes: Buffer.from([1, 2, 3]) },
    ]);
    expect(framesIn(Buffer.concat(framed([], MAX_BYTES)))).toHaveLength(1);
  });
});
