import { loadavg } from "node:os";

/** What one case of a bench found. */
export type Result = {
  readonly bench: string;
  readonly case: string;
  readonly unit: string;
  /** What each run found. */
  readonly runs: readonly number[];
  /** What the bare means reach here and now, in the same unit. */
  readonly ceiling: number;
  /** Whatever else is worth knowing, flat. */
  readonly more?: Readonly<Record<string, number>>;
};

/** Prints a result as one flat line of JSON. */
export function print({ bench, case: of, unit, runs, ceiling, more = {} }: Result): void {
  const sorted = runs.toSorted((a, b) => a - b);
  const found = {
    ...{ bench, case: of, unit },
    median: rounded(at(sorted, 0.5)),
    min: rounded(at(sorted, 0)),
    max: rounded(at(sorted, 1)),
    ceiling: rounded(ceiling),
    ratio: rounded(at(sorted, 0.5) / ceiling),
    ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, rounded(value)])),
    load: rounded(loadavg()[0] ?? 0),
  };
  console.log(JSON.stringify(found));
}

/** The value below which a share of ascending ones is. */
export function at(ascending: readonly number[], share: number): number {
  return ascending[Math.floor(share * (ascending.length - 1))] ?? Number.NaN;
}

// Whole where that is exact enough to read, two decimals below a hundred.
function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
