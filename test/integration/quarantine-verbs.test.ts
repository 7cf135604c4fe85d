import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uploadGame } from "#client";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";
import { playerLine } from "./uploads.fixture.ts";

let mesh: CommandLine;

beforeAll(async () => {
  mesh = await startCommandLine();
});
afterAll(() => mesh.close());

const line = (playerId: string, totals: object) => ({
  of: { case: "player" as const, value: { ...playerLine(playerId, 0).of.value, totals } },
});

describe("quarantine and release", { timeout: 120_000 }, () => {
  it("P7: show what is held back, and let it count", async () => {
    const target = mesh.state().services.find(({ name }) => name === "ingest")?.address ?? "";
    const lines = [
      line("p1", { points: 3 }),
      line("p2", { rebounds: 9, offensiveRebounds: 3, defensiveRebounds: 5 }),
      line("", { points: 2 }),
    ];
    const upload = { target, source: "arena", instance: "a", gameId: "0022300001", lines };
    expect(await uploadGame(upload)).toMatchObject({ durable: 3, heldBack: 2 });

    await expect
      .poll(async () => JSON.parse(await mesh.answer("quarantine", "--json")), { timeout: 20_000 })
      .toMatchObject([
        { gameId: "0022300001", owner: 1, number: 3, of: null, canCount: false, released: false },
        { source: "arena", number: 2, of: "p2", canCount: true },
      ]);
    expect(await mesh.answer("quarantine", "--game", "0022300001")).toMatch(
      /^0022300001 1:3 · player.player_id .*\n0022300001 1:2 · p2 · player.totals.rebounds must be 8.* · 20/,
    );
    expect((await mesh.run("quarantine", "--game", "other")).stderr).toMatch(
      /No line .* is held back/,
    );

    expect(await mesh.answer("release", "0022300001", "1:2")).toBe("It counts now.\n");
    expect(await mesh.answer("release", "0022300001", "1:2")).toBe(
      "It had been released before.\n",
    );
    await expect
      .poll(() => mesh.answer("quarantine", "--all"), { timeout: 20_000 })
      .toMatch(/1:2 .* · released/);
    expect(
      JSON.parse(await mesh.answer("box", "0022300001", "--json")).teams[0].players,
    ).toHaveLength(2);
    for (const [place, why] of [
      ["1:3", /can never count: player.player_id/],
      ["1:9", /held back/],
      ["nine", /such as 1:42/],
    ] as const) {
      const refused = await mesh.run("release", "0022300001", place);
      expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(why)]);
    }
  });
});
