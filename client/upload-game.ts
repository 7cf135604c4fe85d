import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SeasonSchema } from "#gen/courtside/game/v1/game_pb.ts";
import { untilAborted } from "#runtime/rpc";
import type { Backoff } from "./backoff.ts";
import { encodeLine, type NewLine } from "./encoded.ts";
import { patience } from "./retried.ts";
import { newTally, type Tally, type UploadProgress } from "./tally.ts";
import { connectionsTo, runUpload, type Sender, type Sending, type Wanted } from "./upload.ts";

/** The lines of one game, and who sends them where. */
export type Upload = Pick<
  Sending,
  "batchLines" | "windowLines" | "compressFromBytes" | "answerWithinMs" | "signal"
> & {
  /** The address of the ingest service. */
  readonly target: string;
  /** Who sends, e.g. "arena-crypto". */
  readonly source: string;
  /** Which of the source's machines or runs this is; the same for the whole game. */
  readonly instance: string;
  /** The game's season; absent leaves it to the league's id rule. */
  readonly season?: MessageInitShape<typeof SeasonSchema>;
  readonly gameId: string;
  /** All lines of the upload: number n is `lines[n - 1]`, the same in every run. */
  readonly lines: ArrayLike<NewLine>;
  /** True to become the game's owner whoever it is now; numbers are then taken from 1 again. */
  readonly takeOver?: boolean;
  /**
   * Asked before each line is sent, in order: undefined if it is due now, else a promise of when it
   * is. What came before is sent first. After a broken connection it is asked about the same lines
   * again, and when the upload ends while it waits, its answer is not waited for.
   */
  readonly paceUntil?: (line: NewLine, number: number) => Promise<void> | undefined;
  /** Called after each answer of the service. */
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Called when a connection broke and before it is opened again. */
  readonly onReconnect?: (failure: unknown) => void;
  readonly backoff?: Backoff;
};

/** An upload of which every line is durable. */
export type UploadResult = UploadProgress & {
  /** A read that names it sees all lines of the upload. */
  readonly position: string;
};

/**
 * Uploads the lines of one game and returns when the service has said that all are durable.
 *
 * It begins with the number that the service expects: what an earlier run brought is not sent again.
 * A connection that breaks, and a service that is away, are waited out, and the upload goes on from
 * the number expected then. So each line counts once, in order, however often anything is killed.
 *
 * Throws what the service said if it refuses (reasonOf tells: NOT_OWNER, UPLOAD_FENCED, a field that
 * breaks a rule), GivenUp after ten minutes without progress, and the signal's reason. What was
 * acknowledged by then stays, and a later run goes on from there.
 */
export async function uploadGame(upload: Upload): Promise<UploadResult> {
  const { target, backoff } = upload;
  const connections = connectionsTo(target);
  const tally = newTally(upload.lines.length);
  try {
    const sending = { ...upload, connections, patience: patience(backoff) };
    const position = await runUpload(senderOf(upload, tally), sending);
    return { ...tally.progress(), position };
  } finally {
    connections.close();
  }
}

function senderOf(upload: Upload, tally: Tally): Sender {
  const { source, instance, season, gameId, takeOver = false, onProgress, onReconnect } = upload;
  const lines = pacedLines(upload);
  const told = () => onProgress?.(tally.progress());
  return {
    // Once taken over, the game is ours: to take it over again would begin at 1 again.
    open: () => ({ source, instance, season, gameId, takeOver: takeOver && !tally.hasOpened() }),
    async opened(opened) {
      tally.opened(opened);
      told();
      return Number(opened.nextNumber);
    },
    lines,
    sent: tally.sentThrough,
    async acknowledged(ack) {
      const more = tally.acknowledged(ack);
      told();
      return more;
    },
    finished() {
      tally.finished();
      told();
    },
    reconnects(failure) {
      tally.reconnects();
      onReconnect?.(failure);
    },
  };
}

function pacedLines({ lines, paceUntil }: Upload): Sender["lines"] {
  // When the next line is due, if that was asked already.
  let asked: { readonly number: number; readonly due: Promise<void> | undefined } | undefined;
  function dueOf(number: number): Promise<void> | undefined {
    if (asked?.number !== number) {
      const due = paceUntil?.(lineAt(number), number);
      // Whoever waits for it learns of a failure; until then it must not count as unhandled.
      due?.catch(() => {});
      asked = { number, due };
    }
    return asked.due;
  }
  function lineAt(number: number): NewLine {
    const line = lines[number - 1];
    if (line === undefined) throw new Error(`line ${number} is missing`);
    return line;
  }

  return async ({ from, linesMax, bytesMax, signal, waited }: Wanted) => {
    if (from > lines.length) return undefined;
    const due = dueOf(from);
    if (due !== undefined) {
      await untilAborted(signal, due);
      waited();
    }
    const encoded = [encodeLine(lineAt(from))];
    let bytes = encoded[0]?.length ?? 0;
    for (let number = from + 1; number <= lines.length && encoded.length < linesMax; number += 1) {
      if (dueOf(number) !== undefined) break;
      const line = encodeLine(lineAt(number));
      bytes += line.length;
      if (bytes > bytesMax) break;
      encoded.push(line);
    }
    return encoded;
  };
}
