import type { Command } from "commander";
import { down, type TopologyAsked, up } from "../../local/mesh/index.ts";
import { Ended, type Shell } from "../shell.ts";
import { addTopology } from "../topology.ts";

type UpAsked = TopologyAsked & { detach?: true; relay?: boolean };

/** `up` and `down`: the mesh on this machine. */
export function addUpAndDown(program: Command, shell: Shell): void {
  addTopology(program.command("up"))
    .description("start the mesh in the background; returns when every service is ready")
    .option("--detach", "accepted for those who are used to say it: it is always so")
    .option("--relay", "with a relay, as it stands in an arena: it takes what ingest takes")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- up")
    .action(async (options: UpAsked) => {
      const { detach: _, relay = false, ...topology } = options;
      throw new Ended(await up({ detach: true, withRelay: relay, topology, log: shell.note }));
    });

  program
    .command("down")
    .description("stop the mesh")
    .option("--wipe", "and delete all its data")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- down --wipe")
    .action(async ({ wipe }: { wipe?: boolean }) => {
      throw new Ended(await down({ wipe, log: shell.note }));
    });
}
