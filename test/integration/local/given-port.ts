/** Prints the port that this process is given, between those that it is called with. */
import { freePort } from "../../../local/servers/index.ts";

console.log(await freePort(...process.argv.slice(2).map(Number)));
