/**
 * Says whether gen/ is what `buf generate` makes of the protos today: names each file that differs,
 * is missing or is left over, and then exits with 1.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "courtside-gen-"));

process.exitCode = check();

function check(): number {
  try {
    // Paths in the output are those of buf.gen.yaml, below the folder.
    const buf = join(root, "node_modules", ".bin", "buf");
    const { status } = spawnSync(buf, ["generate", "--output", folder], {
      cwd: root,
      stdio: ["ignore", 2, 2],
    });
    if (status !== 0) return 1;
    const faults = differences(filesIn(join(root, "gen")), filesIn(join(folder, "gen")));
    for (const fault of faults) console.error(`gen/${fault}`);
    if (faults.length > 0) console.error("Run `npm run gen` and commit what it makes.");
    return faults.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One line a file at fault: its name and what is wrong with it. */
function differences(committed: Map<string, string>, made: Map<string, string>): string[] {
  const faults = [...made].flatMap(([name, text]) => {
    const found = committed.get(name);
    if (found === undefined) return [`${name} is missing`];
    return found === text ? [] : [`${name} differs`];
  });
  const left = [...committed.keys()].filter((name) => !made.has(name));
  return [...faults, ...left.map((name) => `${name} is left over`)].sort();
}

/** The text of every file below a folder, by its path from there. */
function filesIn(from: string): Map<string, string> {
  if (!existsSync(from)) return new Map();
  const names = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.map((name) => [name.slice(from.length + 1), readFileSync(name, "utf8")]));
}
