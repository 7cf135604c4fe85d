import { describe, expect, it } from "vitest";
import { durationText, progressOn, progressText } from "./progress.ts";

function screenOf(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, written, write: (text: string) => written.push(text) };
}

describe("progressOn", () => {
  it("writes a plain line every few seconds where there is no terminal, and the last state", () => {
    const screen = screenOf(false);
    let now = 0;
    const progress = progressOn(screen, "replayed", 4, "games", () => now);
    for (const at of [1_000, 5_000, 5_500, 6_000]) {
      now = at;
      progress.add(1);
    }
    progress.end();

    expect(screen.written).toEqual([
      "replayed 2 of 4 games · 5 s left\n",
      "replayed 4 of 4 games\n",
    ]);
  });

  it("draws a bar that fits the terminal, and takes it away", () => {
    const screen = screenOf(true);
    let now = 0;
    const progress = progressOn(screen, "replayed", 4, "games", () => now);
    progress.say("a very long detail that goes on and on and on and on and on");
    now = 1_000;
    progress.add(2);
    progress.end();

    const [bar, gone] = screen.written;
    expect(bar).toContain("████░░░░ replayed 2 of 4 games");
    expect(bar?.replace("\r\x1b[2K", "")).toHaveLength(59);
    expect(gone).toBe("\r\x1b[2K");
  });
});

describe("progressText", () => {
  it("says nothing of the time left before anything is done, and when all is", () => {
    const state = { verb: "read", total: 2, things: "games", detail: "", elapsedMs: 900 };

    expect(progressText({ ...state, done: 0 })).toBe("read 0 of 2 games");
    expect(progressText({ ...state, done: 2 })).toBe("read 2 of 2 games");
  });
});

describe("durationText", () => {
  it.each([
    [400, "1 s"],
    [59_000, "59 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
  ])("says %i ms", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
