import { defineConfig } from "vitest/config";

/** What reads the source, what needs nothing, the simulation, and what needs Redis and Postgres. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "architecture", include: ["test/architecture/*.test.ts"] } },
      {
        test: {
          name: "unit",
          include: [
            "{domain,runtime,wire,stores,client,services,local,cli}/**/*.test.ts",
            "test/faults/{checker,leftovers,link,planted,results,runbooks}.test.ts",
          ],
        },
      },
      { test: { name: "simulation", include: ["test/simulation/**/*.test.ts"] } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts", "test/faults/faults.test.ts"],
          globalSetup: ["test/integration/servers.setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Two cores: more files at once only makes each of them wait.
          maxWorkers: 2,
        },
      },
    ],
  },
});
