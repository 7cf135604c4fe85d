/**
 * Makes the package of the client, `courtside-client-<version>.tgz`, in the folder that is named, or in
 * `.courtside/`: JavaScript and declarations of client/ and of all that it imports, which any Node runs,
 * and the dependencies that those have. Prints where it is.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENTRY = "client/index.ts";
/** Doors that lead elsewhere in the package than in the clone: to what callers need of the room. */
const OWN_DOORS: Readonly<Record<string, string>> = { "#runtime/rpc": "runtime/rpc/calling.ts" };
const NODE = ">=22.2";

// Statements begin a line, as Biome and buf format them.
const FROM = /^((?:import|export)\b[^"';]*?\bfrom\s+|import\s+)"([^"]+)"/gm;

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const staging = mkdtempSync(join(tmpdir(), "courtside-client-"));
try {
  const packages = stage();
  compile();
  const out = resolve(process.argv[2] ?? join(ROOT, ".courtside"));
  mkdirSync(out, { recursive: true });
  describe(packages);
  process.stdout.write(`${pack(out)}\n`);
} finally {
  rmSync(staging, { recursive: true });
}

/** Copies the sources, each import made relative, and returns the packages that they import. */
function stage(): Set<string> {
  const packages = new Set<string>();
  const staged = new Set<string>();
  const waiting = [ENTRY];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (staged.has(file)) continue;
    staged.add(file);
    const from = file;
    const text = readFileSync(join(ROOT, from), "utf8").replaceAll(FROM, (_, words, specifier) => {
      const target = targetOf(from, specifier);
      if (target === undefined) {
        if (!specifier.startsWith("node:")) packages.add(packageOf(specifier));
        return `${words}"${specifier}"`;
      }
      waiting.push(target);
      const path = relative(dirname(from), target).replace(/\.ts$/, ".js");
      return `${words}"${path.startsWith(".") ? path : `./${path}`}"`;
    });
    mkdirSync(dirname(join(staging, "source", from)), { recursive: true });
    writeFileSync(join(staging, "source", from), text);
  }
  return packages;
}

/** The file of ours that an import leads to; undefined for a package or a module of Node's. */
function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  if (!specifier.startsWith("#")) return undefined;
  if (specifier in OWN_DOORS) return OWN_DOORS[specifier];
  for (const [door, path] of Object.entries<string>(manifest.imports)) {
    const [before = "", after] = door.split("*");
    if (after === undefined ? specifier !== door : !specifier.startsWith(before)) continue;
    return normalize(path.replace("*", specifier.slice(before.length)));
  }
  throw new Error(`${from}: ${specifier} is no door`);
}

function packageOf(specifier: string): string {
  return /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0] ?? specifier;
}

function compile(): void {
  symlinkSync(join(ROOT, "node_modules"), join(staging, "node_modules"));
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8"));
  const own = {
    ...compilerOptions,
    ...{ noEmit: false, declaration: true, target: "es2023", lib: ["esnext"] },
    ...{ rootDir: "source", outDir: "package", allowJs: false, checkJs: false },
    allowImportingTsExtensions: false,
  };
  const config = { compilerOptions: own, files: [join("source", ENTRY)] };
  writeFileSync(join(staging, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(staging, "package.json"), JSON.stringify({ type: "module" }));
  run(join(ROOT, "node_modules", ".bin", "tsc"), ["-p", staging]);
}

function describe(packages: ReadonlySet<string>): void {
  const dependencies = [...packages].sort().map((name) => [name, manifest.dependencies[name]]);
  const missing = dependencies.find(([, version]) => version === undefined);
  if (missing !== undefined) throw new Error(`${missing[0]} is no dependency`);
  const { version, license } = manifest;
  const described = {
    ...{ name: "courtside-client", version, license, type: "module" },
    description:
      "Sends the lines of games from an arena to Courtside, from a spool on its own disk.",
    exports: { ".": { types: "./client/index.d.ts", default: "./client/index.js" } },
    engines: { node: NODE },
    dependencies: Object.fromEntries(dependencies),
  };
  const folder = join(staging, "package");
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(described, null, 2)}\n`);
  copyFileSync(join(ROOT, "client/README.md"), join(folder, "README.md"));
}

function pack(out: string): string {
  const told = run("npm", ["pack", "--json", "--pack-destination", out, join(staging, "package")]);
  const [{ filename }] = JSON.parse(told);
  return join(out, filename);
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: staging,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error !== undefined) throw error;
  if (status === 0) return stdout;
  process.stderr.write(stdout);
  throw new Error(`${command} ended with status ${status}`);
}
