import { PassThrough } from "node:stream";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { framed } from "./frames.ts";
import { Requests } from "./requests.ts";

const MAX_BYTES = 100;
const frameOf = (text: string) => Buffer.concat(framed([Buffer.from(text)], MAX_BYTES));
const AHEAD_MAX = 16;

function reading() {
  const body = new PassThrough();
  const requests = new Requests(body, MAX_BYTES, ({ bytes }) => String(bytes));
  return { body, requests, send: (text: string) => body.write(frameOf(text)) };
}
const turn = () => new Promise(setImmediate);

describe("Requests", () => {
  it("are given as they come, then the end", async () => {
    const { requests, send, body } = reading();
    const first = requests.next();
    send("a");
    send("b");
    body.end();

    expect(await first).toEqual({ done: false, value: "a" });
    expect(await requests.next()).toEqual({ done: false, value: "b" });
    expect(await requests.next()).toEqual({ done: true, value: undefined });
    expect(await requests.next()).toEqual({ done: true, value: undefined });
  });

  it("P9: are read no further than so many ahead, and on once they are taken", async () => {
    const { requests, send, body } = reading();
    for (let number = 0; number < 2 * AHEAD_MAX; number++) {
      send(String(number));
      await turn();
    }
    expect(body.isPaused()).toBe(true);
    expect(body.readableLength).toBeGreaterThan(0);

    for (let number = 0; number < 2 * AHEAD_MAX; number++) {
      expect((await requests.next()).value).toBe(String(number));
    }
    expect(body.isPaused()).toBe(false);
  });

  it("throw a failure to who waits, and to who asks later, in the place of those that wait", async () => {
    const { requests, send } = reading();
    const failed = new Error("gone");
    const waiting = requests.next();
    requests.fail(failed);
    await expect(waiting).rejects.toBe(failed);
    send("late");
    await turn();

    await expect(requests.next()).rejects.toBe(failed);
  });

  it("give what came in order before what did not", async () => {
    const { requests, body } = reading();
    body.end(Buffer.concat([frameOf("a"), Buffer.from([0, 0, 0])]));
    await turn();

    expect(await requests.next()).toEqual({ done: false, value: "a" });
    await expect(requests.next()).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  it("say once that they have begun, at the first one or at the end", async () => {
    let begun = 0;
    const { requests, send } = reading();
    requests.whenBegun(() => {
      begun += 1;
    });
    await turn();
    expect(begun).toBe(0);
    send("a");
    send("b");
    await turn();

    expect(begun).toBe(1);
  });
});
