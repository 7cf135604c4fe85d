import type { LineLimits } from "#domain/line-rules";
import { STATISTICS, type Statistic } from "#domain/statistics";
import { TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";

/** What each league takes for possible, by league. */
export type Limits = ReadonlyMap<string, LineLimits>;

/** The form of the setting: `nba:points=120,assists=60;fiba:personal_fouls=5`. */
export const LIMITS_FORM = /^([a-z0-9-]+:[a-z_]+=\d+(,[a-z_]+=\d+)*(;(?!$)|$))*$/;

const BY_NAME = new Map<string, Statistic>(
  STATISTICS.map((statistic) => [TotalsSchema.field[statistic].name, statistic]),
);

/** The limits that a text of {@link LIMITS_FORM} says. Throws at a statistic that there is not. */
export function limitsOf(text: string): Limits {
  const limits = new Map<string, LineLimits>();
  for (const part of text.split(";").filter((some) => some !== "")) {
    const [league = "", list = ""] = part.split(":");
    const pairs = list.split(",").map((pair) => {
      const [name = "", limit] = pair.split("=");
      const statistic = BY_NAME.get(name);
      if (statistic === undefined) {
        throw new Error(
          `${name} is no statistic of a line: they are ${[...BY_NAME.keys()].join(", ")}`,
        );
      }
      return [statistic, Number(limit)] as const;
    });
    limits.set(league, { ...limits.get(league), ...Object.fromEntries(pairs) });
  }
  return limits;
}
