import { type Command, Option } from "commander";
import { TOPOLOGIES } from "../local/mesh/index.ts";

/** The options of a verb that starts a mesh: how each of its stores is to stand. */
export function addTopology(command: Command): Command {
  for (const [store, topologies] of Object.entries(TOPOLOGIES)) {
    const says = `how ${NAMES[store as keyof typeof NAMES]} stands; as before unless said`;
    command.addOption(new Option(`--${store} <topology>`, says).choices(topologies));
  }
  return command;
}

const NAMES = { postgres: "Postgres", redis: "Redis" } as const;
