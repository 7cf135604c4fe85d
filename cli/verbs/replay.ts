import type { Command } from "commander";
import { pathArgument, positiveArgument, type Speed, speedArgument } from "../arguments.ts";
import { meshServices } from "../mesh-services.ts";
import { type Replayed, replayGames } from "../replay/index.ts";
import { Ended, type Shell } from "../shell.ts";

type Options = {
  readonly speed: Speed;
  readonly games?: number;
  readonly asNew?: boolean;
  readonly json?: boolean;
};

/** `replay`: plays files of plays into the mesh as arenas would have. */
export function addReplay(program: Command, shell: Shell): void {
  program
    .command("replay")
    .description("play the games of a file of plays, or of a folder of them, into the mesh")
    .argument("<path>", "events (.ndjson), the live feed's plays (.json), either .gz, or a folder")
    .option("--speed <n>", 'times faster than the games were, or "max"', speedArgument, "max")
    .option("--games <n>", "only the first so many games", positiveArgument)
    .option("--as-new", "take the games over and send every line again")
    .option("--json", "the summary as JSON")
    .addHelpText(
      "after",
      "\nWhat was replayed before is not counted twice, and a replay that was broken off goes on." +
        "\n\nExamples:\n  npm run -s courtside -- replay data/nba-2023-24/events --games 5 --speed 60" +
        "\n  npm run -s courtside -- replay data/cdn-live",
    )
    .action(async (path: string, { speed, games, asNew = false, json }: Options) => {
      const services = meshServices(shell.env);
      const replayed = await replayGames({
        services,
        path: pathArgument(path, shell.env),
        speed,
        gamesMax: games,
        asNew,
        screen: shell.screen,
      });
      services.close();
      await shell.out(json ? JSON.stringify(summaryJson(replayed), null, 2) : summary(replayed));
      if (replayed.refused.length > 0) throw new Ended(1);
    });
}

function summary(replayed: Replayed): string {
  const { games, lines, sent, duplicates, superseded, heldBack, refused, seconds } = replayed;
  const parts = [
    `${games} games`,
    `${lines} lines`,
    `${duplicates} duplicates`,
    `${superseded} superseded`,
    `${seconds.toFixed(1)} s`,
  ];
  if (sent > 0) parts.push(`${rateOf(sent, seconds)} lines/s`);
  if (heldBack > 0) parts.push(`${heldBack} held back`);
  if (refused.length > 0) parts.push(`refused: ${refused.map(({ gameId }) => gameId).join(", ")}`);
  return parts.join(" · ");
}

function summaryJson({ seconds, ...replayed }: Replayed) {
  const rounded = Math.round(seconds * 1000) / 1000;
  return { ...replayed, seconds: rounded, linesPerSecond: rateOf(replayed.sent, seconds) };
}

/** Lines sent a second: those that were duplicates were not sent. */
function rateOf(sent: number, seconds: number): number {
  return seconds === 0 ? 0 : Math.round(sent / seconds);
}
