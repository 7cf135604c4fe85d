import { Code } from "@connectrpc/connect";
import { retried } from "#client";
import { reasonOf } from "#runtime/rpc";
import type { OfCall } from "../history.ts";
import type { Ground } from "./ground.ts";

/** How long a call is tried again before nobody knows what became of it. */
const GIVE_UP_AFTER_MS = 60_000;

type Write = {
  readonly who: string;
  readonly op: OfCall["op"];
  readonly game: string;
  readonly revision: number;
  /** What each line of it says. */
  readonly prints?: readonly string[];
};

type Answer = { readonly position: string; readonly taken?: boolean };

let calls = 0;

/** A number of its own for each call of this process. */
export function nextCall(): number {
  calls += 1;
  return calls;
}

/** Makes a call that may be repeated until it is answered, and notes each try. False when it was given up. */
export async function written(
  { history, seen }: Ground,
  { who, op, game, revision, prints = [] }: Write,
  call: () => Promise<Answer>,
): Promise<boolean> {
  const number = nextCall();
  history.add({ who, op, call: number, type: "invoke", game, revision, prints });
  try {
    const { position, taken = true } = await retried(
      () =>
        call().catch((error) => {
          history.add({ who, op, call: number, type: "info", ...saidBy(error) });
          throw error;
        }),
      { firstMs: 50, mostMs: 500, giveUpAfterMs: GIVE_UP_AFTER_MS },
    );
    history.add({ who, op, call: number, type: "ok", taken, position });
    seen.position = position;
    return true;
  } catch {
    return false;
  }
}

/** Code and reason of a failure, as words. */
export function saidBy(error: unknown): { readonly code: string; readonly reason: string } {
  const { code, reason = "" } = reasonOf(error);
  return { code: Code[code] ?? "", reason };
}
