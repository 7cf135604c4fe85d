import { describe, expect, it } from "vitest";
import { Outage } from "#runtime/outage";
import { knownIn } from "./known.ts";

const CURSOR = { journalId: "ab".repeat(16), endOffset: 1, terms: [], recordedAt: 0 };

type Says = "yes" | "no" | "away";

function places(hot: Says, archive: Says, journal: Says) {
  const said = async <Value>(says: Says, yes: Value, no: Value): Promise<Value> => {
    if (says === "away") throw new Outage("a store");
    return says === "yes" ? yes : no;
  };
  const progress = (says: Says) => async () => ({
    cursor: await said(says, CURSOR, undefined),
    value: undefined,
  });
  return {
    hot: { progress: progress(hot) },
    archive: { progress: progress(archive) },
    journal: { terms: () => said(journal, [{ term: 1, firstOffset: 0 }], []) },
  };
}

describe("knownIn", () => {
  it.each<[Says, Says, Says, boolean]>([
    ["yes", "away", "away", true],
    ["no", "yes", "away", true],
    ["no", "no", "yes", true],
    ["no", "no", "no", false],
    ["away", "no", "no", false],
    ["away", "yes", "no", true],
    ["no", "away", "no", true],
    ["no", "no", "away", true],
  ])("hot store %s, archive %s, journal %s: %s", async (hot, archive, journal, known) => {
    expect(await knownIn(places(hot, archive, journal))("nba:2023-24:regular")).toBe(known);
  });

  it("passes on what is no outage", async () => {
    const wrong = { ...places("no", "no", "no"), journal: { terms: () => Promise.reject("bug") } };

    await expect(knownIn(wrong)("nba:2023-24:regular")).rejects.toBe("bug");
  });
});
