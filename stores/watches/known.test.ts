import { describe, expect, it } from "vitest";
import { Outage } from "#runtime/outage";
import { knownIn } from "./known.ts";

const CURSOR = { journalId: "ab".repeat(16), endOffset: 1, terms: [], recordedAt: 0 };

type Terms = { readonly term: number; readonly firstOffset: number }[];

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

  it("P9: asks once for all who ask at the same time", async () => {
    const { hot, archive, journal } = places("no", "yes", "no");
    let asked = 0;
    const progress = () => {
      asked += 1;
      return archive.progress();
    };
    const isKnown = knownIn({ hot, archive: { progress }, journal });
    const crowd = Array.from({ length: 200 }, () => isKnown("nba:2023-24:regular"));

    expect(new Set(await Promise.all(crowd))).toEqual(new Set([true]));
    expect(asked).toBe(1);
    await isKnown("nba:2023-24:regular");
    expect(asked).toBe(2);
  });

  it("P4: takes no answer to a question that was asked before something was recorded", async () => {
    const answers = [Promise.withResolvers<Terms>(), Promise.withResolvers<Terms>()];
    const asked = Promise.withResolvers<void>();
    let at = 0;
    const terms = (): Promise<Terms> => {
      asked.resolve();
      return answers[at++]?.promise ?? Promise.reject("asked too often");
    };
    const isKnown = knownIn({ ...places("no", "no", "no"), journal: { terms } });
    const before = isKnown("nba:2023-24:regular");
    await asked.promise;
    const after = isKnown("nba:2023-24:regular");
    answers[0]?.resolve([]);
    answers[1]?.resolve([{ term: 1, firstOffset: 0 }]);

    expect(await Promise.all([before, after])).toEqual([false, true]);
  });

  it("passes on what is no outage", async () => {
    const wrong = { ...places("no", "no", "no"), journal: { terms: () => Promise.reject("bug") } };

    await expect(knownIn(wrong)("nba:2023-24:regular")).rejects.toBe("bug");
  });
});
