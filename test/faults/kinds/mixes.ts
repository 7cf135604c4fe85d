import { setTimeout as delay } from "node:timers/promises";
import { seeded } from "../../integration/story.fixture.ts";
import type { Fault, Target } from "../fault.ts";
import type { TopologyName } from "../topology.ts";

/** Two faults of these at a time, drawn by the seed, the second one while the first one lasts. */
export function mixOf(faults: readonly Fault[], topology: TopologyName, seed: number): Fault {
  const random = seeded(seed);
  const possible = faults.filter(
    ({ topologies, mesh, spoils, isAlone }) =>
      topologies.includes(topology) && !mesh && !spoils && !isAlone,
  );
  const draw = () => possible[Math.floor(random() * possible.length)];
  const first = draw();
  const second = draw();
  if (first === undefined || second === undefined) throw new Error("there is nothing to mix");
  const apartMs = 1_000 * first.lastsS * random();
  const both = [first, second];
  const sum = (of: (fault: Fault) => number) => of(first) + of(second);
  return {
    name: `mix-${seed}`,
    what: `${first.name}, and ${(apartMs / 1_000).toFixed(1)} s later ${second.name}`,
    topologies: [topology],
    lastsS: Math.max(first.lastsS, apartMs / 1_000 + second.lastsS),
    caughtUpWithinS: sum(({ caughtUpWithinS }) => caughtUpWithinS),
    withoutWritesS: sum(({ withoutWritesS }) => withoutWritesS),
    withoutReadsS: sum(({ withoutReadsS }) => withoutReadsS),
    // One may hide what the other one does.
    hadEffect: (observed) => both.some((fault) => fault.hadEffect?.(observed) ?? true),
    async inject(on: Target) {
      const harms = [await first.inject(on)];
      // Each by its own clock: what one of them waits for may be what the other one keeps away.
      const healed = Promise.all([
        delay(1_000 * first.lastsS).then(() => harms[0]?.heal()),
        delay(apartMs).then(async () => {
          // The first one may have taken away what the second one is done to.
          const harm = await second.inject(on).catch(() => undefined);
          if (harm === undefined) return;
          harms.push(harm);
          await delay(1_000 * second.lastsS);
          await harm.heal();
        }),
      ]);
      // Nobody waits for it yet.
      healed.catch(() => {});
      return {
        get target() {
          return harms.map(({ target }) => target).join(" · ");
        },
        heal: () => healed,
        complaints: () => harms.flatMap((harm) => harm.complaints?.() ?? []),
      };
    },
  };
}
