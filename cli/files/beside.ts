import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** How many folders above that of the events belong to the same data: …/nba-2023-24/events is two. */
const FOLDERS_ABOVE_MAX = 2;

/**
 * The file so named that lies nearest to `path`, a file or folder: in the folder itself, then in those
 * above, each with its `reference/`. Of several in one folder it is the last by name, which is the
 * newest where names end in a date. Undefined when there is none.
 */
export async function fileBeside(path: string, name: RegExp): Promise<string | undefined> {
  let folder = resolve(path);
  if ((await namesIn(folder)) === undefined) folder = dirname(folder);
  for (let above = 0; above <= FOLDERS_ABOVE_MAX; above++) {
    for (const place of [folder, join(folder, "reference")]) {
      const found = (await namesIn(place))?.filter((entry) => name.test(entry)).sort();
      const last = found?.at(-1);
      if (last !== undefined) return join(place, last);
    }
    folder = dirname(folder);
  }
  return undefined;
}

/** The names in a folder; undefined when it is none, or closed to us. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch {
    return undefined;
  }
}
