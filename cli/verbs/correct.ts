import type { Command } from "commander";
import { GivenUp, retried } from "#client";
import { pathArgument } from "../arguments.ts";
import { sentenceOf } from "../complaints.ts";
import { eachAtOnce } from "../each-at-once.ts";
import { type OfficialGame, readOfficialLines } from "../files/index.ts";
import { untilFolded } from "../folds.ts";
import { type MeshServices, meshServices } from "../mesh-services.ts";
import { progressOn } from "../progress.ts";
import {
  type AskedSeason,
  askedSeason,
  type SeasonOptions,
  seasonOfGame,
  seasonText,
  withSeason,
} from "../seasons.ts";
import { Complaint, Ended, type Shell } from "../shell.ts";

type Options = SeasonOptions & { readonly json?: boolean };

const SOURCE = "league";
const CALLS_AT_ONCE = 8;
const LINES_A_GAME_MAX = 100;

/** `correct`: official lines replace the counting statistics of final games. */
export function addCorrect(program: Command, shell: Shell): void {
  withSeason(program.command("correct"))
    .description("replace the counting statistics of final games by the official ones of a file")
    .argument(
      "<file>",
      "official player lines (.csv), or a live feed's box score (.json); also .gz",
    )
    .option("--json", "the summary as JSON")
    .addHelpText(
      "after",
      "\nTime on court stays that of the live lines. Games that are not in the file stay. A live feed's" +
        "\nbox score also tells who did not play, and why." +
        "\n\nExample:\n  npm run -s courtside -- correct data/nba-2023-24/player-box.csv.gz",
    )
    .action(async (file: string, options: Options) => {
      const services = meshServices(shell.env);
      const games = await readOfficialLines(pathArgument(file, shell.env));
      const corrected = await correctGames(services, games, askedSeason(options), shell);
      services.close();
      const { changed, unchanged, refused } = corrected;
      const parts = [`${games.length} games`, `${changed} changed`, `${unchanged} unchanged`];
      if (refused.length > 0) parts.push(`refused: ${refused.map((one) => one.gameId).join(", ")}`);
      const json = { games: games.length, changed, unchanged, refused };
      await shell.out(options.json ? JSON.stringify(json, null, 2) : parts.join(" · "));
      if (refused.length > 0) throw new Ended(1);
    });
}

async function correctGames(
  services: MeshServices,
  games: readonly OfficialGame[],
  asked: AskedSeason,
  shell: Shell,
) {
  // One number for the whole run: a call that is tried again is the same correction.
  const revision = BigInt(Date.now()) * 1000n;
  const seasons = new Map<string, AskedSeason>();
  const refused: { gameId: string; why: string }[] = [];
  let changed = 0;
  let unchanged = 0;
  const progress = progressOn(shell.screen, "corrected", games.length, "games");
  try {
    await eachAtOnce(games, CALLS_AT_ONCE, async (game) => {
      try {
        const answer = await correctGame(services, game, asked.league, revision);
        changed += answer.changed;
        unchanged += answer.unchanged;
        const season = seasonOfGame(asked.league, game.gameId) ?? asked;
        seasons.set(seasonText(season), season);
      } catch (error) {
        if (error instanceof GivenUp) throw error;
        const why = sentenceOf(error);
        refused.push({ gameId: game.gameId, why });
        progress.note(why.includes(game.gameId) ? why : `Game ${game.gameId}: ${why}`);
      }
      progress.add(1);
    });
    await untilFolded(services, seasons);
  } finally {
    progress.end();
  }
  return { changed, unchanged, refused };
}

async function correctGame(
  services: MeshServices,
  { gameId, rows, didNotPlay }: OfficialGame,
  league: string,
  revision: bigint,
) {
  if (rows.length > LINES_A_GAME_MAX) {
    throw new Complaint(`It has ${rows.length} lines, and a game has at most ${LINES_A_GAME_MAX}.`);
  }
  const lines = rows.map(({ playerId, teamId, totals }) => ({ playerId, teamId, totals }));
  const request = { source: SOURCE, season: { league }, gameId, lines, revision };
  const answer = await retried(() => services.ingest.recordOfficialLines(request));
  if (didNotPlay !== undefined) {
    const facts = { game: { gameId }, didNotPlay: { players: [...didNotPlay] } };
    await retried(() =>
      services.ingest.recordGame({ source: SOURCE, season: { league }, revision, ...facts }),
    );
  }
  return answer;
}
