import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { NewLine } from "#client";

/** Line `number` of a game: what it says follows from its number alone. */
export function arenaLine(number: number): NewLine {
  return {
    of: {
      case: "player",
      value: {
        playerId: `p${number % 10}`,
        teamId: "t1",
        happenedTime: timestampFromMs(1_700_000_000_000 + number),
        totals: { points: number },
      },
    },
  };
}
