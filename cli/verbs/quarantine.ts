import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Command, InvalidArgumentError } from "commander";
import { LineOutcome, type QuarantinedLine } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { meshServices, read } from "../mesh-services.ts";
import { askedSeason, type SeasonOptions, seasonText, withSeason } from "../seasons.ts";
import type { Shell } from "../shell.ts";

type ListOptions = SeasonOptions & {
  readonly game?: string;
  readonly all?: boolean;
  readonly json?: boolean;
};

type Place = { readonly owner: number; readonly number: bigint };

const PAGE_SIZE = 500;
const SOURCE = "command-line";

/** `quarantine` and `release`: the lines that broke a rule, and letting one count all the same. */
export function addQuarantineAndRelease(program: Command, shell: Shell): void {
  withSeason(program.command("quarantine"))
    .description("list the lines that broke a rule and count nowhere, the newest first")
    .option("--game <id>", "only those of one game")
    .option("--all", "also those that were released")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- quarantine --game 0022300061")
    .action(async (options: ListOptions) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const lines: QuarantinedLine[] = [];
      const asked = {
        ...{ season, gameId: options.game ?? "", pageSize: PAGE_SIZE },
        withReleased: options.all ?? false,
      };
      for (let pageToken = ""; ; ) {
        const page = await read(() => services.ingest.listQuarantined({ ...asked, pageToken }));
        lines.push(...page.lines);
        pageToken = page.nextPageToken;
        if (pageToken === "") break;
      }
      services.close();
      if (options.json) return shell.out(JSON.stringify(lines.map(lineJson), null, 2));
      if (lines.length === 0) shell.note(`No line of ${seasonText(season)} is held back.`);
      for (const line of lines) await shell.out(lineText(line));
    });

  withSeason(program.command("release"))
    .description("let a line count that was held back, at the place that its number gives it")
    .argument("<game>", "the game's id")
    .argument("<place>", "owner and number, as `quarantine` shows them: 1:42", placeArgument)
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- release 0022300061 1:42")
    .action(async (gameId: string, { owner, number }: Place, options: SeasonOptions) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const request = { source: SOURCE, season, gameId, epoch: owner, number };
      const { taken } = await read(() => services.ingest.releaseQuarantined(request));
      services.close();
      await shell.out(taken ? "It counts now." : "It had been released before.");
    });
}

function placeArgument(text: string): Place {
  const [, owner, number] = /^([1-9]\d{0,8}):([1-9]\d{0,15})$/.exec(text) ?? [];
  if (owner === undefined || number === undefined) {
    throw new InvalidArgumentError("It is the owner and the number of a line, such as 1:42.");
  }
  return { owner: Number(owner), number: BigInt(number) };
}

/** "0022300061 1:42 · 203999 · player.totals.points must be 12 … · 2023-10-24T23:41:07.000Z". */
function lineText(held: QuarantinedLine): string {
  const { gameId, epoch, number, violations, released, recordedTime } = held;
  const why = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
  const when = recordedTime && timestampDate(recordedTime).toISOString();
  const parts = [`${gameId} ${epoch}:${number}`, whoseOf(held), why, when];
  return [...parts, released ? "released" : ""].filter(Boolean).join(" · ");
}

function lineJson(held: QuarantinedLine) {
  const { gameId, source, epoch, number, violations, released, recordedTime } = held;
  return {
    ...{ gameId, source, owner: epoch, number: Number(number), of: whoseOf(held) || null },
    canCount: held.outcome === LineOutcome.QUARANTINED,
    violations: violations.map(({ field, description }) => ({ field, description })),
    recorded: recordedTime ? timestampDate(recordedTime).toISOString() : null,
    released,
  };
}

/** The player or the team of a line, as far as it says. */
function whoseOf({ line }: QuarantinedLine): string {
  if (line?.of.case === "player") return line.of.value.playerId;
  return line?.of.value?.teamId ?? "";
}
