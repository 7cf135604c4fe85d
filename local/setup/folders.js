// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where packages are unpacked that cannot be installed. */
export function unpackedFolder(/** @type {string} */ root) {
  return join(root, ".courtside", "packages", "unpacked");
}

/** Where libraries lie that Node 26 needs and the machine does not have. */
export function nodeLibrariesFolder(/** @type {string} */ root) {
  return join(root, ".courtside", "packages", "node-libraries");
}

/** The same if there are any, else undefined. */
export function nodeLibraries(/** @type {string} */ root) {
  const folder = nodeLibrariesFolder(root);
  return existsSync(folder) ? folder : undefined;
}

/** Where Node keeps what it has made of the sources: a process begins in a third of the time, and smaller. */
export function compiledFolder(/** @type {string} */ root) {
  return join(root, ".courtside", "compiled");
}
