import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faultNamed } from "./catalogue.ts";
import { PLANTED, ROOT_URL } from "./planted.ts";

describe("what is planted", () => {
  it.each(PLANTED)("$name stands in code that is there", ({ file, of, topology, fault }) => {
    const text = readFileSync(new URL(file, ROOT_URL), "utf8");

    expect(text.split(of)).toHaveLength(2);
    expect(faultNamed(fault).topologies).toContain(topology ?? "single");
  });
});
