import type { Command } from "commander";
import type { Difference, Verified } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { meshServices, read } from "../mesh-services.ts";
import { type Progress, progressOn } from "../progress.ts";
import { askedSeason, type SeasonOptions, seasonText, withSeason } from "../seasons.ts";
import { Ended, type Shell } from "../shell.ts";

type Options = SeasonOptions & { readonly json?: boolean };

/** `verify` and `rebuild`: is every number right, and make the hot store's again. */
export function addVerifyAndRebuild(program: Command, shell: Shell): void {
  withSeason(program.command("verify"))
    .description("compare hot store, archive and journal with a fresh fold of every entry")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nEvery difference is named, and makes the exit status 1. Without any, it prints a digest of" +
        "\nall that the season must be: equal histories have equal digests." +
        "\n\nExample:\n  npm run -s courtside -- verify --season 2023-24",
    )
    .action(async (options: Options) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const differences: Difference[] = [];
      let verified: Verified | undefined;
      let progress: Progress | undefined;
      let [done, all] = [0n, 0n];
      for await (const { message } of services.projector.verifySeason({ season })) {
        if (message.case === "verified") {
          verified = message.value;
          progress?.add(Number(all - done));
        } else if (message.case === "progress") {
          const { entries, total } = message.value;
          progress ??= progressOn(shell.screen, "compared", Number(total), "entries");
          progress.add(Number(entries - done));
          [done, all] = [entries, total];
        } else if (message.case === "difference") {
          differences.push(message.value);
          if (options.json) continue;
          progress?.end();
          await shell.out(differenceText(message.value));
        }
      }
      progress?.end();
      services.close();
      const text = options.json
        ? JSON.stringify(verifiedJson(differences, verified), null, 2)
        : `${seasonText(season)} · ${verifiedText(verified)}`;
      await shell.out(text);
      if (verified?.differences !== 0n) throw new Ended(1);
    });

  withSeason(program.command("rebuild"))
    .description(
      "make a season's hot store again, beside what is read, and then read it from there",
    )
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- rebuild --season 2023-24")
    .action(async (options: Options) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const call = { timeoutMs: REBUILD_MS_MAX };
      const { games, archivedEntries, tailEntries, elapsedMs } = await read(() =>
        services.projector.rebuildSeason({ season }, call),
      );
      services.close();
      const figures = { games, archived: Number(archivedEntries), tail: Number(tailEntries) };
      const seconds = elapsedMs / 1_000;
      await shell.out(
        options.json
          ? JSON.stringify({ ...figures, seconds }, null, 2)
          : `${seasonText(season)} · ${games} games · ${figures.archived} entries from the archive, ` +
              `${figures.tail} from the journal's tail · ${seconds.toFixed(1)} s`,
      );
    });
}

/** The longest that a unary call may take. */
const REBUILD_MS_MAX = 30_000;

function differenceText({ store, place, found, expected }: Difference): string {
  return `${store} · ${place} · is ${found || "nothing"} · must be ${expected || "nothing"}`;
}

function verifiedText(verified: Verified | undefined): string {
  if (verified === undefined) return "the check was cut off";
  const { entries, fields, differences, digest } = verified;
  const found = differences === 0n ? "no difference" : `${differences} differences`;
  return `${entries} entries, ${fields} fields, ${found} · digest ${digest}`;
}

function verifiedJson(differences: readonly Difference[], verified: Verified | undefined) {
  return {
    differences: differences.map(({ store, place, found, expected }) => ({
      store,
      place,
      found,
      expected,
    })),
    total: Number(verified?.differences ?? 0),
    entries: Number(verified?.entries ?? 0),
    fields: Number(verified?.fields ?? 0),
    digest: verified?.digest ?? "",
  };
}
