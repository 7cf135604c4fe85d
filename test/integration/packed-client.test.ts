import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What npm says where it reaches no registry. */
const OFFLINE = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED/;

let mesh: TestMesh;
let project: string;
beforeAll(async () => {
  mesh = await startMesh();
  project = mkdtempSync(join(tmpdir(), "courtside-project-"));
});
afterAll(async () => {
  rmSync(project, { recursive: true, force: true });
  await mesh?.stop();
});

describe("the client's package", () => {
  it("installs in an empty project, has types, and does there what its README says", {
    timeout: 180_000,
  }, async ({ skip }) => {
    const packed = await run(process.execPath, join(ROOT, "local/pack-client.ts"), project);
    expect(packed).toMatchObject({ status: 0 });
    const tarball = packed.stdout.trim();
    writeFileSync(join(project, "package.json"), '{ "name": "empty", "type": "module" }');
    const installed = await run("npm", "install", "--prefer-offline", "--no-audit", tarball);
    if (installed.status !== 0 && OFFLINE.test(installed.stderr)) skip("npm reaches no registry");
    expect(installed).toMatchObject({ status: 0 });

    const [, example = ""] = /```js\n([\s\S]*?)```/.exec(
      readFileSync(join(ROOT, "client/README.md"), "utf8"),
    )!;
    writeFileSync(join(project, "arena.js"), example);
    const ran = await run(process.execPath, "arena.js");
    const again = await run(process.execPath, "arena.js");

    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout.trim().split("\n")).toEqual(
      expect.arrayContaining(["spooled line 1", "durable up to line 1", "0 lines are left"]),
    );
    expect(again.stdout).toContain("spooled line 2");
    const lines = await mesh.pool.query("select count(*)::int as lines from journal_row");
    expect(lines.rows).toEqual([{ lines: 2 }]);

    writeFileSync(join(project, "arena.ts"), example);
    const strict = {
      strict: true,
      noEmit: true,
      module: "nodenext",
      target: "es2023",
      types: ["node"],
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: strict }));
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    expect(await run(tsc, "-p", project)).toMatchObject({ status: 0, stdout: "" });
    const wrong = example.replace('playerId: "2544"', "playerId: 2544");
    writeFileSync(join(project, "arena.ts"), wrong);
    expect((await run(tsc, "-p", project)).stdout).toContain("arena.ts");
  });
});

/** Runs a program in the project. */
async function run(program: string, ...args: string[]) {
  const child = spawn(program, args, {
    cwd: project,
    env: { ...process.env, COURTSIDE_INGEST: mesh.address },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await closed, stdout, stderr };
}
