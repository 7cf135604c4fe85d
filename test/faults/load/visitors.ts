import { setTimeout as delay } from "node:timers/promises";
import { nextCall } from "./calls.ts";
import { type Ground, oneOf } from "./ground.ts";

/** Who reads over HTTP. */
export const VISITOR = "visitor";

const VISIT_EVERY_MS = 50;
const WITHIN_MS = 3_000;

/** Those who read over HTTP, by way of the gateway. */
export async function visitors(ground: Ground): Promise<void> {
  const { mesh, history, season, seen, stopping, random } = ground;
  const [gateway = ""] = mesh.addresses("gateway");
  let after = "";
  for (; !stopping.aborted; await delay(VISIT_EVERY_MS)) {
    if (seen.gameIds.length === 0) continue;
    const question = oneOf(random, [
      `games/${oneOf(random, seen.gameIds)}/stats`,
      "leaders/points",
    ]);
    const call = nextCall();
    const note = { who: VISITOR, op: "read", call } as const;
    history.add({
      ...note,
      type: "invoke",
      session: VISITOR,
      question,
      after,
      withinMs: WITHIN_MS,
    });
    const query = `league=${season.league}&season=${season.season}`;
    const headers = after === "" ? {} : { "Courtside-Read-After": after };
    try {
      const answer = await fetch(`http://${gateway}/api/v1/${question}?${query}`, {
        ...{ headers, signal: AbortSignal.timeout(WITHIN_MS) },
      });
      const body = (await answer.json()) as { reason?: string; detail?: string };
      const position = answer.headers.get("Courtside-Position") ?? "";
      if (answer.ok) {
        history.add({ ...note, type: "ok", position, store: "" });
        after = position;
        continue;
      }
      const { reason = "", detail: message = "" } = body;
      if (reason === "POSITION_LOST") after = "";
      history.add({
        ...note,
        type: "fail",
        code: CODES[answer.status] ?? `${answer.status}`,
        reason,
        message,
      });
    } catch (error) {
      // The connection broke, or nothing came in time.
      const message = error instanceof Error ? error.message : String(error);
      history.add({ ...note, type: "fail", code: "Unavailable", reason: "", message });
    }
  }
}

/** What a status says, as the services call it. */
const CODES: Readonly<Record<number, string>> = {
  404: "NotFound",
  412: "DataLoss",
  503: "Unavailable",
  504: "DeadlineExceeded",
};
