import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf } from "#runtime/rpc";
import { type Backoff, pause } from "./backoff.ts";
import { patience } from "./retried.ts";

/**
 * The messages of a watch for as long as they are wanted: where the stream breaks, it is opened again
 * after the position of the last message. What the journal has lost since is watched anew, from a full
 * state. Leaving early ends the call.
 *
 * Throws the failure if the peer refuses, GivenUp after the backoff's bound, and the signal's reason.
 */
export async function* watched<Message extends { readonly position: string }>(
  open: (resumeAfter: string) => AsyncIterable<Message>,
  options: Backoff & { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Message, void, undefined> {
  const { signal, ...backoff } = options;
  const patient = patience(backoff);
  let position = "";
  for (;;) {
    signal?.throwIfAborted();
    try {
      for await (const message of open(position)) {
        patient.progressed();
        ({ position } = message);
        yield message;
      }
      // A watch has no good end.
      throw new ConnectError("the stream was cut", Code.Unavailable);
    } catch (error) {
      signal?.throwIfAborted();
      if (reasonOf(error).reason === "POSITION_LOST" && position !== "") position = "";
      else await pause(patient.afterFailure(error), signal);
    }
  }
}
