import { describe, expect, it } from "vitest";
import { inOrder, ORDERS } from "./index.ts";

const game = (gameId: string, date?: string) => ({ gameId, facts: { ...(date && { date }) } });

describe("inOrder", () => {
  const games = [
    game("d"),
    game("b", "2023-10-25"),
    game("c", "2023-10-24"),
    game("a", "2023-10-25"),
    game("e"),
  ];

  it("goes by date, then by id, those without a date last in either order", () => {
    const ids = ORDERS.map((order) =>
      inOrder(games, order)
        .map(({ gameId }) => gameId)
        .join(""),
    );

    expect(ids).toEqual(["cabde", "baced"]);
  });

  it("is the same whatever order the games come in", () => {
    for (const order of ORDERS) {
      expect(inOrder(games.toReversed(), order)).toEqual(inOrder(games, order));
    }
  });
});
