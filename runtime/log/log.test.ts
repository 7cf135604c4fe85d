import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

const ROOM = new URL("./index.ts", import.meta.url).href;

/** What a process writes that makes a log and exits at once. */
function written(level: string, calls: string) {
  const code = `import { createLog } from "${ROOM}"; const log = createLog("ingest"${level}); ${calls}; process.exit(0)`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code]);
  const lines = String(stderr).split("\n").slice(0, -1);
  return { stdout: String(stdout), lines: lines.map((line) => JSON.parse(line)) };
}

describe("createLog", () => {
  it("writes one JSON object a line to stderr, the last one before an exit too", () => {
    const { stdout, lines } = written("", `log.info({ gameId: "g" }, "a"); log.warn("b")`);

    expect(stdout).toBe("");
    expect(lines).toMatchObject([
      { level: "info", name: "ingest", gameId: "g", msg: "a" },
      { level: "warn", name: "ingest", msg: "b" },
    ]);
    expect(lines[0].time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it("writes an error with its cause", () => {
    const { lines } = written(
      "",
      `log.error({ err: new Error("out", { cause: new Error("in") }) }, "a")`,
    );

    expect(lines[0].err.message).toContain("out");
    expect(lines[0].err.stack).toContain("in");
  });

  it("leaves out what is below its level", () => {
    const { lines } = written(`, "warn"`, `log.info("a"); log.warn("b")`);

    expect(lines.map(({ msg }) => msg)).toEqual(["b"]);
  });
});
