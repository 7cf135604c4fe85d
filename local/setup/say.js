// @ts-check

/** Tells the person what the set-up does. To stderr: stdout belongs to the script's answer. */
export function say(/** @type {string} */ sentence) {
  process.stderr.write(`courtside: ${sentence}\n`);
}

/** A fault that a person can act on: its message is one sentence, and no stack is shown. */
export class SetupError extends Error {}
