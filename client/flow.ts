import { untilAborted } from "#runtime/rpc";
import { newChange } from "./spool/index.ts";

/** How far one connection of an upload has come, and whether its answers are late. */
export type Flow = {
  /** The highest number of which it and all below are durable. */
  through(): number;
  acknowledged(through: number): void;
  /** Sets what may be on the way at a time. */
  credit(lines: number, bytes: number): void;
  /** Returns when a message of so many lines and bytes may be sent. Throws the reason of `signal`. */
  untilRoom(lines: number, bytes: number, signal: AbortSignal): Promise<void>;
  /** The highest number that was sent, or durable before. */
  sentThrough(): number;
  /** A message was sent that is answered when all up to this number is durable. */
  sent(through: number, bytes: number): void;
  /** Returns when all that was sent is durable. Throws the reason of `signal`. */
  untilAllDurable(signal: AbortSignal): Promise<void>;
  /** Something was sent that has an answer of its own. */
  expectAnswer(): void;
  /** That answer has come. */
  answered(): void;
  /** Whether an answer that was due did not come, so that `onLate` was called. */
  late(): boolean;
  close(): void;
};

/** The flow of a connection that is opened now; `onLate` ends it. */
export function newFlow(answerWithinMs: number, onLate: () => void): Flow {
  let through = 0;
  let linesMax = 0;
  let bytesMax = 0;
  const onTheWay: { readonly through: number; readonly bytes: number }[] = [];
  let bytes = 0;
  let answerDue = false;
  let lateNow = false;
  let timer: NodeJS.Timeout | undefined;
  const change = newChange();

  const sentThrough = () => onTheWay.at(-1)?.through ?? through;
  function awaitAnswer() {
    timer ??= setTimeout(() => {
      lateNow = true;
      onLate();
    }, answerWithinMs);
  }
  function answerCame() {
    clearTimeout(timer);
    timer = undefined;
    if (onTheWay.length > 0 || answerDue) awaitAnswer();
  }
  async function until(holds: () => boolean, signal: AbortSignal) {
    while (!holds()) await untilAborted(signal, change.next());
    signal.throwIfAborted();
  }

  return {
    through: () => through,
    acknowledged(newThrough) {
      through = newThrough;
      for (let first = onTheWay[0]; first && first.through <= through; first = onTheWay[0]) {
        bytes -= first.bytes;
        onTheWay.shift();
      }
      answerCame();
      change.wake();
    },
    credit(lines, bytes) {
      linesMax = lines;
      bytesMax = bytes;
    },
    // Alone on the way anything may be: else a message above the credit would wait for ever.
    untilRoom: (newLines, newBytes, signal) =>
      until(
        () =>
          onTheWay.length === 0 ||
          (sentThrough() - through + newLines <= linesMax && bytes + newBytes <= bytesMax),
        signal,
      ),
    sentThrough,
    sent(newThrough, newBytes) {
      onTheWay.push({ through: newThrough, bytes: newBytes });
      bytes += newBytes;
      awaitAnswer();
    },
    untilAllDurable: (signal) => until(() => onTheWay.length === 0, signal),
    expectAnswer() {
      answerDue = true;
      awaitAnswer();
    },
    answered() {
      answerDue = false;
      answerCame();
    },
    late: () => lateNow,
    close: () => clearTimeout(timer),
  };
}
