import type { Command } from "commander";
import { migrate } from "#stores/postgres";
import { status } from "../../local/mesh/index.ts";
import { Complaint, type Shell } from "../shell.ts";

/** `migrate`: brings the database to the newest schema. */
export function addMigrate(program: Command, shell: Shell): void {
  program
    .command("migrate")
    .description("bring the database to the newest schema; `up` and `start` do it by themselves")
    .option(
      "--database <url>",
      "the database; else COURTSIDE_PG_WRITER, else that of the mesh here",
    )
    .addHelpText(
      "after",
      "\nExample:\n  npm run -s courtside -- migrate --database postgres://courtside@db/courtside",
    )
    .action(async ({ database }: { database?: string }) => {
      const url = database ?? shell.env.COURTSIDE_PG_WRITER ?? runningDatabase();
      const applied = await migrate(url);
      for (const { number, what } of applied) await shell.out(`${number} ${what}`);
      if (applied.length === 0) shell.note("The schema is the newest already.");
    });
}

function runningDatabase(): string {
  const mesh = status();
  const runs = mesh?.stores.some(({ kind, running }) => kind === "postgres" && running);
  if (mesh !== undefined && runs) return mesh.urls.postgres;
  throw new Complaint(
    "No database runs here: start the mesh with `npm run courtside -- up`, or pass --database.",
  );
}
