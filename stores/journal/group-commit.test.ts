import { describe, expect, it } from "vitest";
import { Outage } from "#runtime/outage";
import { groupCommit } from "./group-commit.ts";
import type { AppendItem, AppendVerdict } from "./journal.ts";

const item = (gameId: string, entries = 1) =>
  ({ gameId, entries, body: new Uint8Array(1) }) as unknown as AppendItem;

/** Commits that end when the test says so, and what each was of. */
function started(commit?: (gameIds: string[]) => void) {
  const commits: string[][] = [];
  const ends: (() => void)[] = [];
  const append = groupCommit(async (items) => {
    const gameIds = items.map(({ gameId }) => gameId);
    commits.push(gameIds);
    await new Promise<void>((resolve) => ends.push(resolve));
    commit?.(gameIds);
    return gameIds.map((gameId) => ({ verdict: gameId }) as unknown as AppendVerdict);
  });
  return {
    commits,
    append: async (...items: Parameters<typeof append>) =>
      (await append(...items)).map(({ verdict }) => String(verdict)),
    async end() {
      await expect.poll(() => ends.length, { interval: 1 }).toBe(1);
      ends.shift()?.();
    },
  };
}

describe("groupCommit", () => {
  it("lets what comes while a commit is on its way share the next, and gives each its own verdicts", async () => {
    const { append, commits, end } = started();

    const answers = [append([item("a")]), append([item("b"), item("c")]), append([item("d")])];
    await end();
    await end();

    expect(await Promise.all(answers)).toEqual([["a"], ["b", "c"], ["d"]]);
    expect(commits).toEqual([["a"], ["b", "c", "d"]]);
  });

  it("asks for items when their commit begins, and takes what is queued meanwhile", async () => {
    const { append, commits, end } = started();
    const gathered = ["b"];

    const first = append([item("a")]);
    let more: Promise<string[]> | undefined;
    const late = append(() => {
      more = append([item("d")]);
      return gathered.map((gameId) => item(gameId));
    });
    gathered.push("c");
    await end();
    await end();

    expect([await first, await late, await more]).toEqual([["a"], ["b", "c"], ["d"]]);
    expect(commits).toEqual([["a"], ["b", "c", "d"]]);
  });

  it("leaves for the next commit what comes behind a full one", async () => {
    const { append, commits, end } = started();

    const answers = [append([item("a")]), append([item("b", 10_000)]), append([item("c")])];
    for (const _ of answers) await end();
    await Promise.all(answers);

    expect(commits).toEqual([["a"], ["b"], ["c"]]);
  });

  it("fails a caller that can't say what its items are, and no other", async () => {
    const { append, end } = started();

    const first = append([item("a")]);
    const broken = append(() => {
      throw new Error("no items");
    });
    const last = append([item("c")]);
    const failure = expect(broken).rejects.toThrow("no items");
    await end();
    await end();

    await failure;
    expect([await first, await last]).toEqual([["a"], ["c"]]);
  });

  it("P6: tries the callers of a commit that failed one by one, but not where there was no answer", async () => {
    let outage = false;
    const { append, commits, end } = started((gameIds) => {
      if (outage) throw new Outage("postgres");
      if (gameIds.includes("bad")) throw new Error("bad");
    });
    const first = append([item("a")]);
    const bad = append([item("bad")]).catch(() => "failed");
    const good = append([item("good")]);
    for (let commit = 0; commit < 4; commit++) await end();

    expect([await first, await bad, await good]).toEqual([["a"], "failed", ["good"]]);
    expect(commits).toEqual([["a"], ["bad", "good"], ["bad"], ["good"]]);

    outage = true;
    const lost = append([item("e")]).catch((error) => error instanceof Outage);
    await end();
    expect(await lost).toBe(true);
    expect(commits.slice(4)).toEqual([["e"]]);
  });
});
