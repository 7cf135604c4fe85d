import { faultInPostgresUrl, POSTGRES_URL_RULE } from "./postgres-url.ts";
import { REDIS_URL_RULE, redisPlace } from "./redis-url.ts";

/** Environment variables as they come, `process.env` for one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one setting each. A setting that is absent or empty takes its default, or is a fault. */
export type SettingReader = {
  /** Any text, or one like an expression, which `rule` says in words: "a season such as 2023-24". */
  text(name: string, options?: { default?: string; like?: RegExp; rule?: string }): string;
  /** An absolute URL, as written. `schemes` are those allowed, such as `["redis", "rediss"]`. */
  url(name: string, options?: { default?: string; schemes?: readonly string[] }): string;
  /** A Postgres URL, which may name several hosts, as written. */
  postgres(name: string, options?: { default?: string }): string;
  /** A URL of Redis, as written: see {@link redisPlace}. */
  redis(name: string): string;
  /** A whole number; `min` and `max` are allowed themselves. */
  integer(name: string, options?: { min?: number; max?: number; default?: number }): number;
  /** One of the words given. */
  choice<const Choice extends string>(
    name: string,
    choices: readonly Choice[],
    options?: { default?: Choice },
  ): Choice;
  /** `true` or `false`; false when absent, unless the default says otherwise. */
  flag(name: string, options?: { default?: boolean }): boolean;
};

/** The environment breaks the rules of settings. The message has a line a fault. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  /** One sentence a fault, each beginning with the setting's name. Never the value of a URL. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`wrong settings:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

/**
 * What `read` makes of the environment.
 *
 * Throws one SettingsError naming every fault: `read` goes on after a fault with a stand-in of the
 * right type, so it must do nothing but read.
 */
export function readSettings<Settings>(
  env: Environment,
  read: (setting: SettingReader) => Settings,
): Settings {
  const faults: string[] = [];
  const settings = read(readerOf(env, faults));
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

function readerOf(env: Environment, faults: string[]): SettingReader {
  /** The default when absent; else what `parse` gives, where undefined means "breaks the rule". */
  function read<Value>(
    name: string,
    rule: string,
    preset: Value | undefined,
    standIn: Value,
    parse: (text: string) => Value | undefined,
  ): Value {
    const text = env[name];
    if (text === undefined || text === "") {
      if (preset !== undefined) return preset;
      faults.push(`${name} is missing: it must be ${rule}.`);
      return standIn;
    }
    const value = parse(text);
    if (value !== undefined) return value;
    faults.push(`${name} must be ${rule}.`);
    return standIn;
  }

  return {
    text(name, options = {}) {
      const { like, rule = "a text" } = options;
      return read(name, rule, options.default, "", (text) =>
        like === undefined || like.test(text) ? text : undefined,
      );
    },

    url(name, options = {}) {
      const { schemes } = options;
      const rule = schemes ? `a URL beginning with ${schemes.join(": or ")}:` : "a URL";
      return read(name, rule, options.default, "", (text) => {
        const scheme = URL.parse(text)?.protocol.slice(0, -1);
        if (scheme === undefined) return undefined;
        return schemes === undefined || schemes.includes(scheme) ? text : undefined;
      });
    },

    postgres(name, options = {}) {
      const text = read(name, POSTGRES_URL_RULE, options.default, "", (text) => text);
      const fault = text === "" ? undefined : faultInPostgresUrl(text);
      if (fault !== undefined) faults.push(`${name} is wrong: ${fault}.`);
      return text;
    },

    redis(name) {
      const text = read(name, REDIS_URL_RULE, undefined, "", (text) => text);
      try {
        if (text !== "") redisPlace(text);
      } catch (error) {
        faults.push(`${name} is wrong: ${(error as Error).message}.`);
      }
      return text;
    },

    integer(name, options = {}) {
      const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
      return read(name, `a whole number ${rangeOf(options)}`.trim(), options.default, 0, (text) => {
        // Number() alone would take "", " 1", "1e3" and "0x10".
        const number = /^-?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
        return Number.isSafeInteger(number) && number >= min && number <= max ? number : undefined;
      });
    },

    choice<const Choice extends string>(
      name: string,
      choices: readonly Choice[],
      options: { default?: Choice } = {},
    ): Choice {
      const [first] = choices;
      if (first === undefined) throw new RangeError(`${name} has no choices`);
      return read(name, `one of ${choices.join(", ")}`, options.default, first, (text) =>
        choices.find((choice) => choice === text),
      );
    },

    flag: (name, options = {}) =>
      read(name, "true or false", options.default ?? false, false, (text) =>
        text === "true" ? true : text === "false" ? false : undefined,
      ),
  };
}

function rangeOf({ min, max }: { min?: number; max?: number }): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  if (min !== undefined) return `of at least ${min}`;
  return max === undefined ? "" : `of at most ${max}`;
}
