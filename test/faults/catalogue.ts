import type { Fault } from "./fault.ts";
import { OF_CLIENTS } from "./kinds/clients.ts";
import { OF_CLOCKS } from "./kinds/clocks.ts";
import { OF_CONNECTIONS } from "./kinds/connections.ts";
import { OF_DISKS } from "./kinds/disks.ts";
import { OF_ENTRIES } from "./kinds/entries.ts";
import { OF_WHAT_IS_KEPT } from "./kinds/kept.ts";
import { OF_LINKS } from "./kinds/links.ts";
import { OF_MESSAGES } from "./kinds/messages.ts";
import { OF_POSTGRES, OF_REPLICATED } from "./kinds/postgres.ts";
import { OF_PROCESSES } from "./kinds/processes.ts";
import { OF_REDIS } from "./kinds/redis.ts";

/** Every fault that there is, in the order in which they are run. */
export const FAULTS: readonly Fault[] = [
  ...OF_PROCESSES,
  ...OF_LINKS,
  ...OF_REDIS,
  ...OF_POSTGRES,
  ...OF_REPLICATED,
  ...OF_CLIENTS,
  ...OF_MESSAGES,
  ...OF_CONNECTIONS,
  ...OF_WHAT_IS_KEPT,
  ...OF_ENTRIES,
  ...OF_CLOCKS,
  ...OF_DISKS,
];

/** The fault of a name. Throws where there is none. */
export function faultNamed(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`There is no fault ${name}: --list names them all.`);
  return fault;
}
