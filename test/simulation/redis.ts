import type { Redis } from "ioredis";
import type { ScriptCommand } from "../../stores/hotstore/scripts.ts";
import type { Send } from "./network.ts";

type Value =
  | { readonly type: "string"; readonly text: string; readonly expiresAt: number }
  | { readonly type: "hash"; readonly fields: ReadonlyMap<string, string> }
  | { readonly type: "zset"; readonly fields: ReadonlyMap<string, string> };

type Command = (args: readonly string[]) => unknown;

/** How a planted bug lets the scripts differ. */
export type ScriptQuirks = {
  /** False: the fold is applied wherever the cursor is. */
  readonly comparesCursor?: boolean;
  /** False: a game that changes keeps the version that it had. */
  readonly movesVersions?: boolean;
};

/**
 * Redis with the commands and scripts that the hot store uses, in memory. It can do what a real one does to
 * data: lose its last writes, all of them, or come back as it was long ago.
 */
export class SimulatedRedis {
  #data = new Map<string, Value>();
  /** What each command replaced, oldest first. */
  #undo: (readonly [key: string, former: Value | undefined])[][] = [];
  #changes: (readonly [key: string, former: Value | undefined])[] = [];
  readonly #quirks: ScriptQuirks;
  readonly #commands = this.#table();

  constructor(quirks: ScriptQuirks = {}) {
    this.#quirks = quirks;
  }

  /** Runs one command, or a script by the name that it was defined with. */
  run(command: string, args: readonly (string | number)[]): unknown {
    const known = this.#commands[command.toLowerCase()];
    if (known === undefined) throw new Error(`ERR unknown command '${command}'`);
    this.#changes = [];
    try {
      return known(args.map(String));
    } finally {
      if (this.#changes.length > 0) this.#undo.push(this.#changes);
    }
  }

  /** A replica takes over that did not get the last commands that wrote; returns how many were lost. */
  loseLast(count: number): number {
    const lost = this.#undo.splice(Math.max(0, this.#undo.length - count));
    for (const changes of lost.reverse()) {
      for (const [key, former] of changes.toReversed()) {
        if (former === undefined) this.#data.delete(key);
        else this.#data.set(key, former);
      }
    }
    return lost.length;
  }

  /** All that is there now, to be put back later. */
  dump(): ReadonlyMap<string, unknown> {
    return new Map(this.#data);
  }

  restore(dump: ReadonlyMap<string, unknown>): void {
    this.#data = new Map(dump as ReadonlyMap<string, Value>);
    this.#undo = [];
  }

  #keys(prefix: string): string[] {
    return [...this.#data.keys()].filter((key) => key.startsWith(prefix) && this.#at(key));
  }

  #at(key: string): Value | undefined {
    const value = this.#data.get(key);
    if (value?.type !== "string" || value.expiresAt > performance.now()) return value;
    this.#data.delete(key);
    return undefined;
  }

  #put(key: string, value: Value | undefined): void {
    this.#changes.push([key, this.#data.get(key)]);
    if (value === undefined) this.#data.delete(key);
    else this.#data.set(key, value);
  }

  #text(key: string): string | null {
    const value = this.#at(key);
    if (value !== undefined && value.type !== "string") throw wrongType();
    return value?.text ?? null;
  }

  #fields(key: string, type: "hash" | "zset"): ReadonlyMap<string, string> {
    const value = this.#at(key);
    if (value === undefined) return new Map();
    if (value.type !== type) throw wrongType();
    return value.fields;
  }

  #change(
    key: string,
    type: "hash" | "zset",
    change: (fields: Map<string, string>) => void,
  ): number {
    const before = this.#fields(key, type);
    const fields = new Map(before);
    change(fields);
    this.#put(key, fields.size === 0 ? undefined : { type, fields });
    return fields.size - before.size;
  }

  #remove(keys: readonly string[]): number {
    const known = keys.filter((key) => this.#at(key) !== undefined);
    for (const key of known) this.#put(key, undefined);
    return known.length;
  }

  #table(): Record<string, Command> {
    const set: Command = ([key = "", text = "", option, seconds]) => {
      const former = this.#at(key);
      const kept = former?.type === "string" ? former.expiresAt : Number.POSITIVE_INFINITY;
      const expiresAt =
        option === "KEEPTTL"
          ? kept
          : option === "EX"
            ? inSeconds(Number(seconds))
            : Number.POSITIVE_INFINITY;
      this.#put(key, { type: "string", text, expiresAt });
      return "OK";
    };
    const remove: Command = (keys) => this.#remove(keys);
    return {
      set,
      get: ([key = ""]) => this.#text(key),
      del: remove,
      unlink: remove,
      exists: (keys) => keys.filter((key) => this.#at(key) !== undefined).length,
      expire: ([key = "", seconds]) => {
        const value = this.#at(key);
        if (value?.type !== "string") return 0;
        this.#put(key, { ...value, expiresAt: inSeconds(Number(seconds)) });
        return 1;
      },
      hset: ([key = "", ...rest]) =>
        this.#change(key, "hash", (fields) => {
          for (const [field, text] of pairs(rest)) fields.set(field, text);
        }),
      hdel: ([key = "", ...names]) =>
        0 -
        this.#change(key, "hash", (fields) => {
          for (const name of names) fields.delete(name);
        }),
      hget: ([key = "", name = ""]) => this.#fields(key, "hash").get(name) ?? null,
      hmget: ([key = "", ...names]) =>
        names.map((name) => this.#fields(key, "hash").get(name) ?? null),
      hgetall: ([key = ""]) => Object.fromEntries(this.#fields(key, "hash")),
      zadd: ([key = "", ...rest]) =>
        this.#change(key, "zset", (fields) => {
          for (const [score, member] of pairs(rest)) fields.set(member, String(Number(score)));
        }),
      zrem: ([key = "", ...members]) =>
        0 -
        this.#change(key, "zset", (fields) => {
          for (const member of members) fields.delete(member);
        }),
      // The whole set, as it is asked for here.
      zrange: ([key = ""]) =>
        [...this.#fields(key, "zset")]
          .sort(([a, x], [b, y]) => Number(x) - Number(y) || (a < b ? -1 : 1))
          .flat(),
      // In two parts, always the same for a key: one that is there all the time is found.
      scan: ([from, , pattern = ""]) => {
        const all = this.#keys(pattern.slice(0, -1).replaceAll("\\", ""));
        const part = all.filter(
          (key) => (key.charCodeAt(key.length - 1) % 2 === 0) === (from === "0"),
        );
        return [from === "0" ? "1" : "0", part];
      },
      courtside_get_hashes: (all) => {
        const [[cursor = "", ...keys]] = split(all);
        const lists = keys.map((key) => [...this.#fields(key, "hash")].flat());
        return [this.#text(cursor) ?? "", ...lists];
      },
      courtside_get_fields: (all) => {
        const [[cursor = "", key = ""], names] = split(all);
        const fields = this.#fields(key, "hash");
        return [this.#text(cursor) ?? "", names.map((name) => fields.get(name) ?? null)];
      },
      courtside_get_games: (all) => {
        const [[cursor = "", versions = "", ...keys], args] = split(all);
        const games = pairs(args).map(([gameId, known], at) => {
          const version = this.#fields(versions, "hash").get(gameId) ?? "";
          if (version !== "" && version === known) return [version];
          return [version, [...this.#fields(keys[at] ?? "", "hash")].flat()];
        });
        return [this.#text(cursor) ?? "", ...games];
      },
      courtside_fold_rows: (all) => this.#foldRows(...split(all)),
      courtside_serve_generation: (all) => this.#serveGeneration(...split(all)),
      courtside_sweep_keys: (all) => this.#sweepKeys(...split(all)),
      zincrby: ([key = "", by = "0", member = ""]) => {
        const score = Number(this.#fields(key, "zset").get(member) ?? 0) + Number(by);
        return this.#commands.zadd?.([key, String(score), member]);
      },
    };
  }

  #foldRows(keys: readonly string[], args: readonly string[]): unknown {
    const [cursor = ""] = keys;
    const [from, to = ""] = args;
    const present = this.#text(cursor) ?? "";
    if (present !== from && this.#quirks.comparesCursor !== false) return [0, present];
    const writes: { command: string; args: string[] }[] = [];
    for (let at = 3; at < args.length; ) {
      const [command = "", many = ""] = args.slice(at, at + 2);
      const count = many === "" ? Number.NaN : Number(many);
      const isKnown = ["HSET", "HDEL", "ZADD", "ZREM"].includes(command);
      if (!isKnown || !(count <= 4_000) || at + 2 + count > args.length) {
        throw new Error(`ERR the writes are not well formed at argument ${at + 1}`);
      }
      writes.push({ command, args: args.slice(at + 2, at + 2 + count) });
      at += 2 + count;
    }
    if (writes.length !== keys.length - 2) {
      throw new Error(`ERR ${writes.length} writes for ${keys.length - 2} keys`);
    }
    for (const [at, { command, args }] of writes.entries()) {
      const key = keys[at + 2] ?? "";
      const isKept = this.#quirks.movesVersions === false && key.endsWith(":versions");
      if (isKept && this.#at(key) !== undefined) continue;
      try {
        this.#commands[command.toLowerCase()]?.([key, ...args]);
      } catch (error) {
        this.#remove([cursor]);
        return [-1, (error as Error).message];
      }
    }
    this.#commands.set?.([cursor, to, "KEEPTTL"]);
    return [1];
  }

  #serveGeneration(
    [cursor = "", building = ""]: readonly string[],
    [built = "", replaced]: readonly string[],
  ) {
    if (this.#text(building) !== built) return -1;
    const present = this.#text(cursor);
    if (present !== null && present !== replaced && decoded(present)[0] > decoded(built)[0])
      return 0;
    this.#commands.set?.([cursor, built]);
    this.#remove([building]);
    return 1;
  }

  #sweepKeys(
    [cursor = "", building = "", ...keys]: readonly string[],
    [generation]: readonly string[],
  ) {
    const present = this.#text(cursor);
    const isOther = present === null || decoded(present)[3] !== generation;
    return isOther || this.#at(building) !== undefined ? -1 : this.#remove(keys);
  }
}

/** A client of a simulated Redis, as far as the hot store uses one. */
export function redisOver(server: SimulatedRedis, send: Send): Redis {
  type Call = readonly [command: string, args: (string | number)[]];
  const reply = ([command, args]: Call): [Error | null, unknown] => {
    try {
      return [null, server.run(command, args)];
    } catch (error) {
      return [error as Error, undefined];
    }
  };
  /** Commands that go together, half and half: others may come between. */
  function together() {
    const calls: Call[] = [];
    const batch: object = new Proxy(
      {},
      {
        get:
          (_, name: string) =>
          (...args: (string | number)[]) => {
            if (name === "exec") return exec();
            calls.push(name === "call" ? [String(args[0]), args.slice(1)] : [name, args]);
            return batch;
          },
      },
    );
    async function exec() {
      const half = Math.ceil(calls.length / 2);
      const parts = [calls.slice(0, half), calls.slice(half)].filter((part) => part.length > 0);
      const replies = await Promise.all(
        parts.map((part) => send(namesOf(part), () => part.map(reply))),
      );
      return replies.flat();
    }
    return batch;
  }
  const client: Record<string, unknown> = {
    pipeline: together,
    sendCommand: ({ script, args }: ScriptCommand) =>
      one(`courtside_${script}`, args.slice(1) as string[]),
  };
  const one = (command: string, args: (string | number)[]) =>
    send(namesOf([[command, args]]), () => server.run(command, args));
  return new Proxy(client, {
    get: (known, name: string) =>
      name === "then"
        ? undefined
        : (known[name] ?? ((...args: (string | number)[]) => one(name, args))),
  }) as unknown as Redis;
}

function namesOf(calls: readonly (readonly [command: string, args: readonly unknown[]])[]): string {
  const [[command, args] = ["", []]] = calls;
  const more = calls.length > 1 ? ` and ${calls.length - 1} more` : "";
  const name = command.replace("courtside_", "");
  if (name !== "fold_rows") return `${name}${more}`;
  const [, key, ...rest] = args.map(String);
  const [from, to] = rest.slice(Number(args[0]) - 1);
  return `fold_rows ${placeIn(from)} → ${placeIn(to)}${key?.includes(":building:") ? " of what is being made" : ""}`;
}

/** The offset of a cursor as it is stored. */
function placeIn(text = ""): string {
  return text.startsWith("[") ? String(JSON.parse(text)[0]) : text || "nothing";
}

/** As cjson does, which knows no other error. */
function decoded(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("ERR user_script: Expected value but found invalid token");
  }
}

function inSeconds(seconds: number): number {
  return performance.now() + 1_000 * seconds;
}

function split([count = "0", ...rest]: readonly string[]): [
  keys: readonly string[],
  args: readonly string[],
] {
  return [rest.slice(0, Number(count)), rest.slice(Number(count))];
}

function pairs(list: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < list.length; at += 2) found.push([list[at]!, list[at + 1]!]);
  return found;
}

function wrongType(): Error {
  return new Error("WRONGTYPE Operation against a key holding the wrong kind of value");
}
