import { describe, expect, it } from "vitest";
import { floorOf, IMPORTS, isTest, packageOf, shown, targetOf } from "./sources.fixture.ts";

/** The floors that each floor may import from, besides itself. The others may import anything. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  gen: [],
  domain: [],
  runtime: ["gen"],
  wire: ["domain", "runtime", "gen"],
  stores: ["domain", "runtime", "wire", "gen"],
  client: ["domain", "runtime", "wire", "gen"],
  services: ["domain", "runtime", "wire", "stores", "client", "gen"],
};

/** What only tests are written with. */
const TEST_PACKAGES = new Set(["vitest", "fast-check"]);

/** The packages that speak to a server of ours, and the floors that may know it by them. */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  ioredis: ["stores", "local", "test", "bench"],
  pg: ["stores", "local", "test", "bench"],
};

const toFiles = IMPORTS.map((one) => ({ ...one, to: targetOf(one) })).filter(
  (one): one is typeof one & { to: string } => one.to !== undefined,
);

describe("floors", () => {
  it.each(Object.entries(BELOW))("%s imports from no floor above it", (floor, below) => {
    const allowed = [floor, ...below];
    const faults = toFiles.filter(
      ({ from, to }) => floorOf(from) === floor && !allowed.includes(floorOf(to)),
    );

    expect(faults.map(shown)).toEqual([]);
  });

  it("domain uses no package and nothing of Node's", () => {
    const faults = IMPORTS.filter(
      ({ from, specifier }) =>
        floorOf(from) === "domain" &&
        !/^[.#]/.test(specifier) &&
        !(isTest(from) && TEST_PACKAGES.has(specifier)),
    );

    expect(faults.map(shown)).toEqual([]);
  });

  it("no service imports from another one", () => {
    const serviceOf = (file: string) => /^services\/[^/]+\//.exec(file)?.[0];
    const faults = toFiles.filter(
      ({ from, to }) => serviceOf(from) && serviceOf(to) && serviceOf(from) !== serviceOf(to),
    );

    expect(faults.map(shown)).toEqual([]);
  });

  it("only a service's main.ts knows which stores are behind the types", () => {
    const isMain = /^services\/[^/]+\/main\.ts$/;
    const faults = IMPORTS.filter(
      ({ from, specifier }) =>
        floorOf(from) === "services" &&
        !isMain.test(from) &&
        /^#stores\/(postgres|redis)$/.test(specifier),
    );

    expect(faults.map(shown)).toEqual([]);
  });

  it.each(Object.entries(DRIVERS))(
    "%s is imported by stores and what starts them",
    (driver, floors) => {
      const faults = IMPORTS.filter(
        ({ from, specifier }) => packageOf(specifier) === driver && !floors.includes(floorOf(from)),
      );

      expect(faults.map(shown)).toEqual([]);
    },
  );

  it("the set-up of a fresh clone imports Node's own modules and its own files", () => {
    const setUp = IMPORTS.filter(({ from }) => from.startsWith("local/setup/") && !isTest(from));
    const faults = setUp.filter(
      (one) => !one.specifier.startsWith("node:") && !targetOf(one)?.startsWith("local/setup/"),
    );

    expect(setUp.length).toBeGreaterThan(0);
    expect(faults.map(shown)).toEqual([]);
  });
});
