import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";

const [, section = ""] = readFileSync("README.md", "utf8").split("\n## Over HTTP\n");
const [, script = ""] = /```sh\n(.*?)```/s.exec(section) ?? [];
// One command a line, but where a line goes on.
const [address = "", ...examples] = script
  .replaceAll(/\\\n\s*/g, "")
  .trim()
  .split("\n");

let courtside: CommandLine;

beforeAll(async () => {
  courtside = await startCommandLine();
  await courtside.answer("replay", "--games", "1", "data/nba-2023-24/events");
});
afterAll(() => courtside.close());

// Not every machine has curl; the requests are the same without.
const STAND_IN = fileURLToPath(new URL("./curl.fixture.ts", import.meta.url));
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
const prelude = hasCurl ? "" : `curl() { '${process.execPath}' '${STAND_IN}' "$@"; }`;

/** What a shell makes of it, in the clone and with the mesh of this test. */
function shell(text: string) {
  const env = { ...process.env, COURTSIDE_HOME: courtside.home };
  return spawnSync("bash", ["-c", text], { env, encoding: "utf8" });
}

describe("README, over HTTP", () => {
  it("has examples", () => {
    expect(examples.length).toBeGreaterThan(4);
  });

  it.each(examples)("%s", (example) => {
    const { status, stdout, stderr } = shell([prelude, address, example].join("\n"));

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const said: Record<string, unknown> = JSON.parse(stdout);
    const { supersededPlayerIds: _, ...found } = said;
    for (const [name, value] of Object.entries(found)) expect(value, name).not.toEqual([]);
  });
});
