import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BoxScores, countedLine, type Entry, foldBoxScores } from "#domain/boxscore";
import { liveOf, officialOf, teamLineOf } from "../boxscore/lines.fixture.ts";
import { foldSeason, type SeasonTotals, touchedBy } from "./index.ts";

type State = { readonly games: BoxScores; readonly totals: SeasonTotals };

const NOTHING: State = { games: new Map(), totals: { players: new Map(), teams: new Map() } };

/** Folds as a projector does: only what the change touches is known to the fold. */
function folded(entries: readonly Entry[], state: State = NOTHING): State {
  const games = foldBoxScores(state.games, entries);
  const touched = touchedBy(state.games, games);
  const known = {
    players: new Map([...state.totals.players].filter(([id]) => touched.players.has(id))),
    teams: new Map([...state.totals.teams].filter(([id]) => touched.teams.has(id))),
  };
  const changed = foldSeason(known, state.games, games);
  return {
    games: new Map([...state.games, ...games]),
    totals: {
      players: new Map([...state.totals.players, ...changed.players]),
      teams: new Map([...state.totals.teams, ...changed.teams]),
    },
  };
}

const inGame = (gameId: string, entry: Entry): Entry => ({ ...entry, gameId });

describe("foldSeason", () => {
  it("sums a player over games, and counts a replaced line once", () => {
    const { totals } = folded([
      liveOf("curry", 1, { points: 3 }),
      liveOf("curry", 2, { points: 5 }),
      inGame("g2", liveOf("curry", 1, { points: 30 })),
    ]);

    expect(totals.players.get("curry")?.all).toMatchObject({ games: 2, totals: { points: 35 } });
    expect(totals.teams.get("t1")?.players).toMatchObject({ games: 2, totals: { points: 35 } });
  });

  it("P3: lowers every total that a lower line is in", () => {
    const before = folded([liveOf("curry", 1, { points: 8 })]);

    const { totals } = folded([liveOf("curry", 2, { points: 5 })], before);

    expect(totals.players.get("curry")?.all.totals.points).toBe(5);
    expect(totals.players.get("curry")?.byTeam.get("t1")?.totals.points).toBe(5);
    expect(totals.teams.get("t1")?.players.totals.points).toBe(5);
  });

  it("keeps a total per team and one over all for a player who was traded", () => {
    const { totals } = folded([
      liveOf("harden", 1, { assists: 7 }),
      inGame("g2", liveOf("harden", 1, { assists: 4 }, { teamId: "t2" })),
    ]);

    const harden = totals.players.get("harden");
    expect(harden?.all).toMatchObject({ games: 2, totals: { assists: 11 } });
    expect(harden?.byTeam.get("t1")).toMatchObject({ games: 1, totals: { assists: 7 } });
    expect(harden?.byTeam.get("t2")).toMatchObject({ games: 1, totals: { assists: 4 } });
  });

  it("P3: moves a line to the team that its correction names", () => {
    const before = folded([liveOf("harden", 1, { assists: 7 })]);

    const { totals } = folded([liveOf("harden", 2, { assists: 7 }, { teamId: "t2" })], before);

    expect([...(totals.players.get("harden")?.byTeam.keys() ?? [])]).toEqual(["t2"]);
    expect(totals.teams.get("t1")?.players).toMatchObject({ games: 0, totals: { assists: 0 } });
    expect(totals.teams.get("t2")?.players).toMatchObject({ games: 1, totals: { assists: 7 } });
  });

  it("takes a game from a player whose only line was withdrawn", () => {
    const before = folded([officialOf("payton", 1, { points: 4 })]);

    const { totals } = folded([officialOf("payton", 2, undefined)], before);

    expect(totals.players.get("payton")?.all).toMatchObject({ games: 0, totals: { points: 0 } });
    expect(totals.players.get("payton")?.byTeam.size).toBe(0);
  });

  it("keeps what belongs to a team alone beside the sum of its players", () => {
    const { totals } = folded([
      liveOf("curry", 1, { turnovers: 2 }),
      teamLineOf("t1", 2, 1),
      inGame("g2", teamLineOf("t1", 1, 3)),
    ]);

    expect(totals.teams.get("t1")?.team.teamTurnovers).toBe(4);
    expect(totals.teams.get("t1")?.players.totals.turnovers).toBe(2);
  });

  it("counts an unknown statistic as 0", () => {
    const { totals } = folded([liveOf("curry", 1, { points: 3 })]);

    expect(totals.players.get("curry")?.all.totals.rebounds).toBe(0);
  });

  it("P2, P3: totals are the sum of the lines that count, whatever came in what order and batches", () => {
    const entry = fc
      .record({
        game: fc.constantFrom("g1", "g2", "g3"),
        who: fc.constantFrom("curry", "green"),
        team: fc.constantFrom("t1", "t2"),
        order: fc.integer({ min: 1, max: 6 }),
        points: fc.nat({ max: 60 }),
        kind: fc.constantFrom("live", "official", "withdrawn", "team"),
      })
      .map(({ game, who, team, order, points, kind }): Entry => {
        if (kind === "team") return inGame(game, teamLineOf(team, order, points));
        if (kind === "live") return inGame(game, liveOf(who, order, { points }, { teamId: team }));
        const totals = kind === "withdrawn" ? undefined : { points };
        return inGame(game, officialOf(who, order, totals, team));
      });

    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 8 }), { maxLength: 8 }), (batches) => {
        let state = NOTHING;
        for (const batch of batches) state = folded(batch, state);

        for (const who of ["curry", "green"]) {
          const lines = [...state.games.values()].flatMap(
            ({ players }) => countedLine(players.get(who) ?? {}) ?? [],
          );
          const all = state.totals.players.get(who)?.all;
          expect(all?.games ?? 0).toBe(lines.length);
          expect(all?.totals.points ?? 0).toBe(sum(lines.map(({ totals }) => totals.points ?? 0)));
        }
        for (const team of ["t1", "t2"]) {
          const boxes = [...state.games.values()];
          const lines = boxes.map(({ players }) =>
            [...players.values()].flatMap((known) => {
              const line = countedLine(known);
              return line?.teamId === team ? [line.totals.points ?? 0] : [];
            }),
          );
          const season = state.totals.teams.get(team);
          expect(season?.players.games ?? 0).toBe(lines.filter(({ length }) => length > 0).length);
          expect(season?.players.totals.points ?? 0).toBe(sum(lines.flat()));
          const alone = boxes.map(({ teams }) => teams.get(team)?.totals.teamTurnovers ?? 0);
          expect(season?.team.teamTurnovers ?? 0).toBe(sum(alone));
        }
      }),
    );
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
