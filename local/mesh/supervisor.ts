/** The process that runs a mesh in the background, in the folder that COURTSIDE_HOME names. */
import { meshFolder } from "./folder.ts";
import { COURTSIDE } from "./plan.ts";
import { supervise } from "./supervise.ts";

const log = (sentence: string) => console.log(`${new Date().toISOString()} ${sentence}`);

process.exit(await supervise({ folder: meshFolder(), plan: COURTSIDE, log }));
