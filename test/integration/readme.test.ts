import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder } from "../../local/servers/index.ts";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";

const README = readFileSync("README.md", "utf8");

/** The commands that a section shows as a block, by its heading: one a line, but where a line goes on. */
const BLOCKS: ReadonlyMap<string, string[]> = new Map(
  README.split("\n## ").flatMap((section) => {
    const [heading = ""] = section.split("\n", 1);
    const blocks = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, script = ""]) => script);
    if (blocks.length === 0) return [];
    const lines = blocks
      .join("")
      .replaceAll(/\\\n\s*/g, "")
      .trim()
      .split("\n");
    return [[heading, lines] as const];
  }),
);

const VERBS_SHOWN = BLOCKS.get("Try it") ?? [];
const [ADDRESS = "", ...REQUESTS] = BLOCKS.get("Over HTTP") ?? [];

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
function shell(text: string, home = courtside.home) {
  const env = { ...process.env, COURTSIDE_HOME: home };
  return spawnSync("bash", ["-c", text], { env, encoding: "utf8" });
}

describe("README", () => {
  // `npm test` runs this; the others are run below.
  it("has no block of commands that no test runs", () => {
    expect([...BLOCKS.keys()]).toEqual(["Run it", "Try it", "Over HTTP", "Test it"]);
    expect(BLOCKS.get("Run it")).toEqual(["npm start"]);
    expect(BLOCKS.get("Test it")).toEqual(["npm test"]);
    expect(VERBS_SHOWN.length).toBeGreaterThan(4);
    expect(REQUESTS.length).toBeGreaterThan(4);
  });

  it("starts with one command, here in a hurry", { timeout: 180_000 }, () => {
    expect(README.replaceAll("\n", " ")).toContain("`npm start -- --speed max --exit`");
    const home = mkdtempSync(join(tmpdir(), "courtside-home-"));
    try {
      const { status, stdout } = shell("npm start --silent -- --speed max --exit", home);

      expect(status).toBe(0);
      expect(stdout).toMatch(
        /\nEqual to the official box score: 24 players, 15 statistics each\.\s*$/,
      );
    } finally {
      shell("npm run -s courtside -- down --wipe", home);
      removeFolder(home);
    }
  });

  it("lists every verb in the help", () => {
    expect(README).toContain("`npm run -s courtside -- --help`");
    const { status, stdout } = shell("npm run -s courtside -- --help");

    expect(status).toBe(0);
    const shown = VERBS_SHOWN.map((line) => /courtside -- (\w+)/.exec(line)?.[1]);
    expect(shown.filter((verb) => !new RegExp(`^  ${verb} `, "m").test(stdout))).toEqual([]);
  });
});

describe("README, from the command line", () => {
  it.each(VERBS_SHOWN)("%s", { timeout: 180_000 }, (command) => {
    const { status, stdout, stderr } = shell(command);

    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.trim().split("\n").length).toBeGreaterThan(command.includes("replay") ? 0 : 2);
  });
});

describe("README, over HTTP", () => {
  it.each(REQUESTS)("%s", (example) => {
    const { status, stdout, stderr } = shell([prelude, ADDRESS, example].join("\n"));

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const said: Record<string, unknown> = JSON.parse(stdout);
    const { supersededPlayerIds: _, ...found } = said;
    for (const [name, value] of Object.entries(found)) expect(value, name).not.toEqual([]);
  });
});
