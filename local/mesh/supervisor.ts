/** The process that runs a mesh in the background, in the folder that COURTSIDE_HOME names. */
import { meshFolder } from "./folder.ts";
import { COURTSIDE, courtsideWithRelay } from "./plan.ts";
import { supervise } from "./supervise.ts";
import { topologyAsked } from "./topology.ts";

const log = (sentence: string) => console.log(`${new Date().toISOString()} ${sentence}`);

const folder = meshFolder();
const plan = process.env.COURTSIDE_WITH_RELAY ? courtsideWithRelay(folder) : COURTSIDE;
const topology = topologyAsked(process.env.COURTSIDE_TOPOLOGY ?? "{}");

process.exit(await supervise({ folder, plan, topology, log }));
