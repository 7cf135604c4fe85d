import type pg from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { bigints, booleans, byteas, integers, jsonbs, texts, timestamps } from "#stores/postgres";
import { freshDatabase, poolOn } from "./stores.fixture.ts";

let pool: pg.Pool;

beforeEach(async () => {
  pool = poolOn(await freshDatabase());
});

/** The elements that Postgres finds in a parameter, as text. */
async function found(parameter: Buffer, type: string): Promise<(string | null)[]> {
  const text = `select element::text from unnest($1::${type}[]) with ordinality as e(element, at)
    order by at`;
  const { rows } = await pool.query<{ element: string | null }>({ text, values: [parameter] });
  return rows.map(({ element }) => element);
}

const BIG = Number.MAX_SAFE_INTEGER;

describe("arrays in binary", () => {
  it("are what they stand for, nulls among them", async () => {
    expect(await found(booleans([true, null, false]), "boolean")).toEqual(["true", null, "false"]);
    expect(await found(integers([0, -1, undefined, 2 ** 31 - 1]), "integer")).toEqual([
      ...["0", "-1", null, "2147483647"],
    ]);
    expect(await found(bigints([0, -1, BIG, -BIG, null]), "bigint")).toEqual([
      ...["0", "-1", String(BIG), String(-BIG), null],
    ]);
    expect(await found(texts(["a", "", null, 'q"\\'.concat("{,}")]), "text")).toEqual([
      ...["a", "", null, 'q"\\{,}'],
    ]);
    expect(await found(texts(["Jokić", "a"]), "text")).toEqual(["Jokić", "a"]);
    expect(await found(jsonbs(['[1,"ć"]', null, "{}"]), "jsonb")).toEqual(['[1, "ć"]', null, "{}"]);
    expect(await found(byteas([Uint8Array.of(0, 255), null, new Uint8Array()]), "bytea")).toEqual([
      ...["\\x00ff", null, "\\x"],
    ]);
  });

  it("have times to the millisecond, before 1970 and 2000 too", async () => {
    const times = [
      0,
      -1,
      Date.UTC(1999, 11, 31, 23, 59, 59, 999),
      Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    ];

    expect(await found(timestamps([...times, null]), "timestamptz")).toEqual([
      "1970-01-01 00:00:00+00",
      "1969-12-31 23:59:59.999+00",
      "1999-12-31 23:59:59.999+00",
      "2026-01-02 03:04:05.006+00",
      null,
    ]);
  });

  it("may be empty", async () => {
    for (const [parameter, type] of [
      [texts([]), "text"],
      [bigints([]), "bigint"],
    ] as const) {
      expect(await found(parameter, type)).toEqual([]);
    }
  });

  it("of another type are refused", async () => {
    await expect(found(texts(["1"]), "bigint")).rejects.toThrow();
  });
});
