import type { Command } from "commander";
import { watched } from "#client";
import { ABBREVIATIONS } from "#domain/statistics";
import type { Game } from "#gen/courtside/game/v1/game_pb.ts";
import type { Standing } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import type { PlayerSeason, TeamBox } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { statisticOnWire } from "#wire/lines";
import { dateArgument, positiveArgument } from "../arguments.ts";
import { gameMeant } from "../game-meant.ts";
import { stageText, teamText } from "../game-text.ts";
import { meshServices } from "../mesh-services.ts";
import { playerMeant } from "../names.ts";
import { askedSeason, type SeasonOptions, seasonOfGame, withSeason } from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { statisticNamed } from "../stat-names.ts";
import type { AnsweredTotals } from "../totals.ts";

type GameOptions = SeasonOptions & { readonly date?: string };
type LeadersOptions = SeasonOptions & { readonly top: number };

/** `watch`: what changes, as it does, until it is interrupted. Goes on where a service went away. */
export function addWatch(program: Command, shell: Shell): void {
  const watch = program
    .command("watch")
    .description("tell what changes, a line a change, until Ctrl-C");
  addWatchGame(watch, shell);
  addWatchPlayers(watch, shell);
  addWatchLeaders(watch, shell);
}

function addWatchGame(watch: Command, shell: Shell): void {
  withSeason(watch.command("game"))
    .description("the score of a game, and the players whose lines change")
    .argument("<game>", 'its id, or its teams as "LAL@DEN", the visitors first')
    .option("--date <day>", "the day of the game, where teams met more than once", dateArgument)
    .action(async (query: string, options: GameOptions) => {
      const services = meshServices(shell.env);
      const asked = askedSeason(options);
      const gameId = await gameMeant(services, asked, query, options.date);
      const season = seasonOfGame(asked.league, gameId) ?? asked;
      const teams = new Map<string, TeamBox>();
      let game: Game | undefined;
      for await (const { content } of watched((resumeAfter) =>
        services.stats.watchGame({ season, gameId, resumeAfter }),
      )) {
        if (content.case === "full") teams.clear();
        const changed = content.value?.teams ?? [];
        if (changed.length === 0 && content.value?.game === undefined) continue;
        game = content.value?.game ?? game;
        for (const team of changed) teams.set(team.team?.teamId ?? "", team);
        if (content.case === "changes") {
          for (const teamId of content.value.removedTeamIds) teams.delete(teamId);
        }
        await shell.out(
          gameLine(game, [...teams.values()], content.case === "full" ? [] : changed),
        );
      }
    });
}

function gameLine(game: Game | undefined, teams: readonly TeamBox[], changed: readonly TeamBox[]) {
  const sides = [game?.awayTeamId, game?.homeTeamId];
  const place = ({ team }: TeamBox) => sides.indexOf(team?.teamId);
  const score = teams
    .toSorted((a, b) => place(a) - place(b))
    .map(({ team, totals }) => `${teamText(team)} ${totals?.points ?? 0}`);
  const players = changed.flatMap((team) =>
    team.players.map(({ name, totals }) => `${name} ${totalsText(totals)}`),
  );
  const words = [stageText(game), score.join("  "), players.join(", ")];
  return words.filter((word) => word !== "").join("  ");
}

function addWatchPlayers(watch: Command, shell: Shell): void {
  withSeason(watch.command("players"))
    .description("the season totals of players")
    .argument("<players...>", "ids or names; capitals and accents do not matter")
    .action(async (queries: string[], options: SeasonOptions) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const meant = queries.map((query) => playerMeant(services, season.league, query));
      const playerIds = [...new Set(await Promise.all(meant))];
      for await (const { content } of watched((resumeAfter) =>
        services.stats.watchPlayers({ season, playerIds, resumeAfter }),
      )) {
        for (const player of content.value?.players ?? []) await shell.out(playerLine(player));
      }
    });
}

function playerLine({ name, gamesPlayed, totals }: PlayerSeason): string {
  return `${name}  ${gamesPlayed} gp ${totalsText(totals)}`;
}

function addWatchLeaders(watch: Command, shell: Shell): void {
  withSeason(watch.command("leaders"))
    .description("who rises and falls among the leaders of a statistic")
    .argument("<stat>", 'a statistic: pts, reb, "three pointers made", …')
    .option("--top <n>", "how many, at most 100", positiveArgument, 10)
    .action(async (name: string, options: LeadersOptions) => {
      const { leaderboard } = meshServices(shell.env);
      const statistic = statisticNamed(name);
      const board = { season: askedSeason(options), statistic: statisticOnWire(statistic) };
      const part = { case: "top" as const, value: options.top };
      for await (const { content } of watched((resumeAfter) =>
        leaderboard.watchStandings({ board, part, resumeAfter }),
      )) {
        const rows = content.value?.standings ?? [];
        for (const row of rows.toSorted((a, b) => a.rank - b.rank)) {
          await shell.out(`${leaderLine(row)} ${ABBREVIATIONS[statistic]}`);
        }
      }
    });
}

function leaderLine({ rank, name, score }: Standing): string {
  return `${rank}. ${name} ${score}`;
}

function totalsText(totals: AnsweredTotals): string {
  const { points = 0, rebounds = 0, assists = 0 } = totals ?? {};
  return `${points} pts ${rebounds} reb ${assists} ast`;
}
