import { describe, expect, it } from "vitest";
import { readSettings, type SettingReader, SettingsError } from "./index.ts";

function faultsOf(env: Record<string, string>, read: (setting: SettingReader) => unknown) {
  try {
    readSettings(env, read);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

describe("readSettings", () => {
  it("reads each kind", () => {
    const env = {
      LISTEN: "127.0.0.1:80",
      STORE: "redis://localhost:6379/0",
      COUNT: "-3",
      LEVEL: "warn",
      OPEN: "true",
    };

    const settings = readSettings(env, (setting) => ({
      listen: setting.text("LISTEN"),
      store: setting.url("STORE", { schemes: ["redis", "rediss"] }),
      count: setting.integer("COUNT", { min: -3, max: 3 }),
      level: setting.choice("LEVEL", ["info", "warn"]),
      open: setting.flag("OPEN"),
    }));

    expect(settings).toEqual({
      listen: "127.0.0.1:80",
      store: "redis://localhost:6379/0",
      count: -3,
      level: "warn",
      open: true,
    });
  });

  it("takes a text that is like its expression, and says in words what it is", () => {
    const read = (setting: SettingReader) =>
      setting.text("SEASON", { like: /^\d{4}-\d{2}$/, rule: "a season such as 2023-24" });

    expect(readSettings({ SEASON: "2023-24" }, read)).toBe("2023-24");
    expect(faultsOf({ SEASON: "2023" }, read)).toEqual([
      "SEASON must be a season such as 2023-24.",
    ]);
    expect(faultsOf({}, read)).toEqual(["SEASON is missing: it must be a season such as 2023-24."]);
  });

  it("takes a Postgres URL, and says what is wrong with one, without its password", () => {
    const url = "postgres://u:secret@h1,h2:5433/db";
    const read = (setting: SettingReader) => setting.postgres("STORE");

    expect(readSettings({ STORE: url }, read)).toBe(url);
    expect(faultsOf({ STORE: url.replace("5433", "x") }, read)).toEqual([
      "STORE is wrong: the port of its host h2 must be a whole number from 1 to 65535.",
    ]);
    expect(faultsOf({}, read)).toEqual([
      "STORE is missing: it must be a URL such as postgres://user:password@host:5432,other:5432/database.",
    ]);
  });

  it.each([{}, { LISTEN: "", STORE: "", COUNT: "", LEVEL: "", OPEN: "" }])(
    "takes the default of what is absent or empty: %j",
    (env) => {
      const settings = readSettings(env, (setting) => ({
        listen: setting.text("LISTEN", { default: "" }),
        store: setting.url("STORE", { default: "redis://localhost" }),
        count: setting.integer("COUNT", { default: 0, min: 1 }),
        level: setting.choice("LEVEL", ["info", "warn"], { default: "info" }),
        open: setting.flag("OPEN"),
        shut: setting.flag("SHUT", { default: true }),
      }));

      expect(settings).toEqual({
        listen: "",
        store: "redis://localhost",
        count: 0,
        level: "info",
        open: false,
        shut: true,
      });
    },
  );

  it("names every fault at once", () => {
    const env = { COUNT: "11", LEVEL: "loud", OPEN: "yes", STORE: "http://x" };

    const faults = faultsOf(env, (setting) => [
      setting.text("LISTEN"),
      setting.url("STORE", { schemes: ["redis", "rediss"] }),
      setting.integer("COUNT", { min: 1, max: 10 }),
      setting.choice("LEVEL", ["info", "warn"]),
      setting.flag("OPEN"),
    ]);

    expect(faults).toEqual([
      "LISTEN is missing: it must be a text.",
      "STORE must be a URL beginning with redis: or rediss:.",
      "COUNT must be a whole number from 1 to 10.",
      "LEVEL must be one of info, warn.",
      "OPEN must be true or false.",
    ]);
  });

  it("has a message with a line a fault", () => {
    expect(() => readSettings({}, (setting) => [setting.text("A"), setting.text("B")])).toThrow(
      "wrong settings:\n  A is missing: it must be a text.\n  B is missing: it must be a text.",
    );
  });

  it.each(["1.5", "1e3", " 1", "0x10", "one", "9007199254740993", "+1"])(
    "does not take %j for a whole number",
    (COUNT) => {
      expect(faultsOf({ COUNT }, (setting) => setting.integer("COUNT"))).toHaveLength(1);
    },
  );

  it("says which part of a URL of Redis is wrong, and gives one as it is written", () => {
    const read = (setting: SettingReader) => setting.redis("REDIS");
    const right = "redis+sentinel://:secret@a,b/main";

    expect(readSettings({ REDIS: right }, read)).toBe(right);
    expect(faultsOf({ REDIS: "redis://a:0" }, read)).toEqual([
      "REDIS is wrong: the port of its host must be a whole number from 1 to 65535.",
    ]);
    expect(faultsOf({}, read)).toEqual([expect.stringMatching(/^REDIS is missing: it must be a/)]);
  });

  it("takes the bounds themselves", () => {
    const read = (setting: SettingReader) => setting.integer("COUNT", { min: 1, max: 3 });

    expect([readSettings({ COUNT: "1" }, read), readSettings({ COUNT: "3" }, read)]).toEqual([
      1, 3,
    ]);
    expect(faultsOf({ COUNT: "0" }, read)).toHaveLength(1);
    expect(faultsOf({ COUNT: "4" }, read)).toHaveLength(1);
  });

  it("never shows a URL, which may hold a password", () => {
    const env = { STORE: "postgres//user:hunter2@host" };

    expect(faultsOf(env, (setting) => setting.url("STORE")).join()).not.toContain("hunter2");
  });
});
