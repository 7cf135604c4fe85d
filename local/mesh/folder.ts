import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone that this file is part of. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where a mesh keeps its data, logs and state: COURTSIDE_HOME, else `.courtside` in the clone. */
export function meshFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.COURTSIDE_HOME ? resolve(env.COURTSIDE_HOME) : join(ROOT, ".courtside");
}
