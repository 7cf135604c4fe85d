import { Command, CommanderError } from "commander";
import { sentenceOf } from "./complaints.ts";
import { Ended, type Shell } from "./shell.ts";
import { addBox } from "./verbs/box.ts";
import { addCorrect } from "./verbs/correct.ts";
import { addExport } from "./verbs/export.ts";
import { addGames } from "./verbs/games.ts";
import { addLeaders } from "./verbs/leaders.ts";
import { addLog } from "./verbs/log.ts";
import { addMigrate } from "./verbs/migrate.ts";
import { addPlayer } from "./verbs/player.ts";
import { addQuarantineAndRelease } from "./verbs/quarantine.ts";
import { addReplay } from "./verbs/replay.ts";
import { addStandings } from "./verbs/standings.ts";
import { addStart } from "./verbs/start.ts";
import { addStatus } from "./verbs/status.ts";
import { addTeam } from "./verbs/team.ts";
import { addUpAndDown } from "./verbs/up.ts";
import { addVerifyAndRebuild } from "./verbs/verify.ts";
import { addWatch } from "./verbs/watch.ts";

const EXAMPLE = `
Example, from nothing to the leaders of real games:
  npm run -s courtside -- up
  npm run -s courtside -- replay data/nba-2023-24/events
  npm run -s courtside -- leaders pts
  npm run -s courtside -- down`;

/** Runs one command line and returns its exit status: 1 after an error, told in one sentence. */
export async function runProgram(args: readonly string[], shell: Shell): Promise<number> {
  try {
    await programFor(shell).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Ended) return error.status;
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) shell.note(commandSentence(error));
      return error.exitCode === 0 ? 0 : 1;
    }
    shell.note(sentenceOf(error));
    if (shell.env.COURTSIDE_DEBUG) console.error(error);
    return 1;
  }
}

function programFor(shell: Shell): Command {
  const program = new Command("courtside")
    .description("Live basketball statistics over gRPC.")
    .usage("<verb> [options]")
    .addHelpText("after", EXAMPLE)
    .exitOverride()
    // Their sentence is told in runProgram, like that of every other error.
    .configureOutput({ outputError: () => {}, writeErr: () => {} })
    .helpCommand("help [verb]", "show the help of a verb");
  addUpAndDown(program, shell);
  addStatus(program, shell);
  addReplay(program, shell);
  addCorrect(program, shell);
  addGames(program, shell);
  addBox(program, shell);
  addPlayer(program, shell);
  addTeam(program, shell);
  addLog(program, shell);
  addLeaders(program, shell);
  addStandings(program, shell);
  addWatch(program, shell);
  addExport(program, shell);
  addQuarantineAndRelease(program, shell);
  addVerifyAndRebuild(program, shell);
  addMigrate(program, shell);
  addStart(program, shell);
  return program;
}

/** "error: unknown option '--x'" as a sentence that says where to look. */
function commandSentence({ code, message }: CommanderError): string {
  if (code === "commander.help") return "Pass a verb: `npm run -s courtside -- --help` lists them.";
  const text = message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?)]$/.test(sentence) ? sentence : `${sentence}.`;
}
