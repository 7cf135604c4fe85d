import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig, withFile } from "./config.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "courtside-relay-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: unknown): string {
  const path = join(folder, "relay.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

describe("withFile", () => {
  it("reads settings of a file, which the environment overrides", () => {
    const path = fileOf({ spool: "/spool", spoolMib: 5, insecure: true, listen: "0.0.0.0:1" });
    const config = readConfig(withFile({ COURTSIDE_LISTEN: "127.0.0.1:2" }, path));

    expect(config).toMatchObject({
      folder: "/spool",
      bytesMax: 5 * 1024 * 1024,
      insecure: true,
      listen: "127.0.0.1:2",
    });
  });

  it("is the environment alone without a file", () => {
    expect(withFile({ COURTSIDE_SPOOL: "/spool" }, undefined)).toEqual({
      COURTSIDE_SPOOL: "/spool",
    });
  });

  it.each([
    [{ spol: "/spool" }, "spol is no setting of the relay"],
    [["spool"], "must hold a JSON object"],
    ["{", "is no JSON"],
  ])("refuses %j and says why", (content, why) => {
    const path = fileOf(content);

    expect(() => withFile({}, path)).toThrow(why);
  });

  it("names a value that breaks a rule by its setting", () => {
    const path = fileOf({ spool: "/spool", games: 0 });

    expect(() => readConfig(withFile({}, path))).toThrow("COURTSIDE_GAMES must be a whole number");
  });
});
