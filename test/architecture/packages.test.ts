import { describe, expect, it } from "vitest";
import { IMPORTS, isTest, packageOf, shown, textOf } from "./sources.fixture.ts";

type Versions = Readonly<Record<string, string>>;

const manifest = JSON.parse(textOf("package.json"));
const dependencies: Versions = manifest.dependencies;
const devDependencies: Versions = manifest.devDependencies;
const optionalDependencies: Versions = manifest.optionalDependencies;

const imported = IMPORTS.map((one) => ({ ...one, name: packageOf(one.specifier) })).filter(
  ({ name }) => name !== undefined,
) as ((typeof IMPORTS)[number] & { name: string })[];

describe("packages", () => {
  it("each dependency is imported by what ships", () => {
    const used = new Set(imported.filter(({ from }) => !isTest(from)).map(({ name }) => name));

    expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
  });

  it("each package that is imported is a dependency, by tests a devDependency too", () => {
    const faults = imported.filter(
      ({ from, name }) => !(name in dependencies) && !(isTest(from) && name in devDependencies),
    );

    expect(faults.map(shown)).toEqual([]);
  });

  it("each version is an exact one", () => {
    const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
    const faults = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));

    expect(faults).toEqual([]);
  });

  it("the lockfile names no registry, so that each machine uses its own", () => {
    const lockfile: { packages: Record<string, { resolved?: string }> } = JSON.parse(
      textOf("package-lock.json"),
    );
    const faults = Object.entries(lockfile.packages).filter(([, { resolved }]) =>
      resolved?.startsWith("http"),
    );

    expect(faults.map(([path]) => path)).toEqual([]);
    expect(textOf("package-lock.json")).not.toMatch(/registry\./);
  });

  it("the lockfile has a digest, or nothing, where a package's digest stands", () => {
    const lockfile: { packages: Record<string, { integrity?: unknown }> } = JSON.parse(
      textOf("package-lock.json"),
    );
    const odd = Object.entries(lockfile.packages).filter(
      ([, { integrity = "sha512-" }]) => !String(integrity).startsWith("sha512-"),
    );

    expect(odd.map(([path]) => path)).toEqual([]);
  });

  it("each package is named with its reason in the decisions", () => {
    const reasons = textOf("docs/decisions/0005-dependencies.md");
    const all = { ...dependencies, ...devDependencies, ...optionalDependencies };

    expect(Object.keys(all).filter((name) => !reasons.includes(`\`${name}\``))).toEqual([]);
  });
});
