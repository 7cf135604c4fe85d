import { describe, expect, it } from "vitest";
import { postgresServers } from "#runtime/config";
import { type Found, readerAmong, writerAmong } from "./choice.ts";

const [a, b, c] = postgresServers("postgres://a,b,c/db");
const primary = (server: typeof a, timeline: number): Found => ({
  server: server!,
  isStandby: false,
  timeline,
});
const standby = (server: typeof a): Found => ({ server: server!, isStandby: true, timeline: 0 });

describe("writerAmong", () => {
  it("finds the primary, wherever it stands", () => {
    expect(writerAmong([standby(a), primary(b, 1), standby(c)], 0)?.server).toBe(b);
  });

  it("takes the highest timeline of several that claim to be primary", () => {
    expect(writerAmong([primary(a, 1), primary(b, 3), primary(c, 2)], 0)?.server).toBe(b);
  });

  it("takes none below a timeline that was seen, though nobody else claims to be primary", () => {
    expect(writerAmong([primary(a, 1), standby(b)], 2)).toBeUndefined();
    expect(writerAmong([primary(a, 2), standby(b)], 2)?.server).toBe(a);
  });

  it("takes no standby", () => {
    expect(writerAmong([standby(a), standby(b)], 0)).toBeUndefined();
  });
});

describe("readerAmong", () => {
  const all = [primary(a, 1), standby(b), standby(c)];

  it("prefers a standby, and any of them", () => {
    expect(readerAmong(all, 0, undefined, () => 0)?.server).toBe(b);
    expect(readerAmong(all, 0, undefined, () => 0.99)?.server).toBe(c);
  });

  it("stays with the standby that it has, and leaves a primary for one", () => {
    expect(readerAmong(all, 0, c, () => 0)?.server).toBe(c);
    expect(readerAmong(all, 0, a, () => 0)?.server).toBe(b);
  });

  it("falls back to the primary, by the rule of writers", () => {
    expect(readerAmong([primary(a, 1), primary(b, 2)], 0, c)?.server).toBe(b);
    expect(readerAmong([primary(a, 1)], 2, c)).toBeUndefined();
  });
});
