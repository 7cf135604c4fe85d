import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What no commit holds. */
const UNTRACKED = new Set([".git", ".courtside", "node_modules"]);

// Statements begin a line, as Biome formats them; import(…) may stand anywhere, also in a JSDoc type.
const STATEMENT =
  /^(?:import\s+(?:[^"'`();]*?\sfrom\s+)?|export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+)"([^"]+)"/gm;
const CALL = /\bimport\(\s*"([^"]+)"/g;

/** Every file of the repository by its path from the root, in order, with slashes. */
export const FILES: readonly string[] = filesBelow("").sort();

/** Every TypeScript and JavaScript file that people write: not what buf generates. */
export const SOURCES = FILES.filter((file) => /\.[jt]s$/.test(file) && !file.startsWith("gen/"));

/** An import, re-export or dynamic import, of types too. */
export type Import = {
  /** The file that it stands in. */
  readonly from: string;
  /** What it names, as written. */
  readonly specifier: string;
};

/** Every import of the files people write, and of generated ones. */
export const IMPORTS: readonly Import[] = FILES.filter((file) => /\.[jt]s$/.test(file)).flatMap(
  (from) => specifiersIn(textOf(from)).map((specifier) => ({ from, specifier })),
);

/** A file's text. */
export function textOf(file: string): string {
  return readFileSync(ROOT + file, "utf8");
}

/** A page's text with one space where there are more, so that its tables may be aligned or not. */
export function pageOf(file: string): string {
  return textOf(file).replaceAll(/ {2,}/g, " ");
}

/** Whether a file is there for tests alone. */
export function isTest(file: string): boolean {
  return (
    /^(test|bench)\//.test(file) ||
    /\.(test|fixture)\.ts$/.test(file) ||
    file === "vitest.config.ts"
  );
}

/** The top folder that a file is in: its floor; empty for a file at the root. */
export function floorOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
}

/** The npm package that a specifier names; undefined for a file of ours or a module of Node's. */
export function packageOf(specifier: string): string | undefined {
  if (/^[.#]|^node:/.test(specifier)) return undefined;
  return /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0];
}

/** The file of ours that an import leads to, whether it exists or not; undefined for any other. */
export function targetOf({ from, specifier }: Import): string | undefined {
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  if (!specifier.startsWith("#")) return undefined;
  for (const [door, path] of Object.entries(DOORS)) {
    const [before = "", after] = door.split("*");
    if (after === undefined && specifier === door) return path.slice(2);
    if (after !== undefined && specifier.startsWith(before)) {
      return path.slice(2).replace("*", specifier.slice(before.length));
    }
  }
  return `${specifier} is no door`;
}

/** The doors between floors, as package.json says them. */
export const DOORS: Readonly<Record<string, string>> = JSON.parse(textOf("package.json")).imports;

/** Whether there is such a file. */
export function exists(file: string): boolean {
  return existsSync(ROOT + file);
}

/** An import on one line of a failed expectation. */
export function shown({ from, specifier }: Import): string {
  return `${from} imports ${specifier}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    if (UNTRACKED.has(entry.name)) return [];
    const path = folder + entry.name;
    return entry.isDirectory() ? filesBelow(`${path}/`) : [path];
  });
}

function specifiersIn(text: string): string[] {
  return [...text.matchAll(STATEMENT), ...text.matchAll(CALL)].map(
    ([, specifier = ""]) => specifier,
  );
}
