import { expect, it } from "vitest";
import { SOURCES, textOf } from "./sources.fixture.ts";

/** Where calls and messages are handled. */
const PER_CALL = /^(domain|runtime|services|stores|wire)\/(?!.*\.(test|fixture)\.ts$)/;

/** Once for each client of Redis, not for each call. */
const ONCE = ["stores/redis/client.ts"];

it("no function is written into a property, which V8 makes old from the start", () => {
  const found = SOURCES.filter((file) => PER_CALL.test(file)).filter((file) =>
    /^ +[\w.#]+\.#?\w+ = (async )?(function\b|\w+ =>|\([^()]*\)(: [^=\n]+)? =>)/m.test(
      textOf(file),
    ),
  );

  expect(found).toEqual(ONCE);
});
