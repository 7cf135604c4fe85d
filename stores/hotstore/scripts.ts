import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { answer, type RedisClient, ShortLivedCommand } from "#stores/redis";

/** A script of ours. Sent by its digest, and in full where the server does not have it. */
export type Script = (
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** A call of a script. */
export class ScriptCommand extends ShortLivedCommand {
  /** What the script is called. */
  readonly script: string;

  constructor(
    script: string,
    verb: "eval" | "evalsha",
    args: (string | number)[],
    readOnly: boolean,
  ) {
    super(verb, args, { readOnly, replyEncoding: "utf8" });
    this.script = script;
  }
}

/** The script of `lua/<name>.lua`, to be run on this client; one that only reads, also by a replica. */
export function scriptIn(redis: RedisClient, name: string, { readOnly = false } = {}): Script {
  const lua = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), "utf8");
  const digest = createHash("sha1").update(lua).digest("hex");

  async function run(args: readonly (string | number)[]): Promise<unknown> {
    const send = (verb: "eval" | "evalsha", script: string) =>
      redis.sendCommand(new ScriptCommand(name, verb, [script, ...args], readOnly));
    try {
      return await send("evalsha", digest);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return send("eval", lua);
    }
  }
  return (keys, args) => answer(run([keys.length, ...keys, ...args]));
}

/** What a script gives in twos, as it is one list for Redis. */
export function pairs(list: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < list.length; at += 2) found.push([list[at] ?? "", list[at + 1] ?? ""]);
  return found;
}
