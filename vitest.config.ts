import { defineConfig } from "vitest/config";

/** Bounds of what hangs, and not of how long anything takes: the machine may have more to do than these tests. */
const PATIENT = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
};

/** What reads the source, what needs nothing, the simulation, and what needs Redis and Postgres. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...PATIENT, name: "architecture", include: ["test/architecture/*.test.ts"] } },
      {
        test: {
          ...PATIENT,
          name: "unit",
          include: [
            "{domain,runtime,wire,stores,client,services,local,cli}/**/*.test.ts",
            "test/faults/{checker,leftovers,link,planted,results,runbooks}.test.ts",
          ],
        },
      },
      { test: { ...PATIENT, name: "simulation", include: ["test/simulation/**/*.test.ts"] } },
      {
        test: {
          ...PATIENT,
          name: "integration",
          include: ["test/integration/**/*.test.ts", "test/faults/faults.test.ts"],
          globalSetup: ["test/integration/servers.setup.ts"],
          // Two cores: more files at once only makes each of them wait.
          maxWorkers: 2,
        },
      },
    ],
  },
});
