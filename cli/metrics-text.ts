import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type {
  Factors,
  Formulas,
  PlayerMetrics,
  Shooting,
  TeamMetrics,
} from "#gen/courtside/metrics/v1/metrics_pb.ts";
import { type Cell, type Column, tableOf } from "./tables.ts";
import { averageCells, TOTALS_COLUMNS } from "./totals.ts";

const SHOOTING = ["FG%", "3P%", "FT%", "eFG%", "TS%"];

const PLAYER_COLUMNS = [...SHOOTING, "AST/TO", "TOV%", "USG%", "GmSc", "PER", "DD2", "TD3"].map(
  right,
);

const TEAM_COLUMNS = [...SHOOTING, "TOV%", "REB%", "FT/FGA"].map(right);

/** A row of a table of players' metrics. */
export type MetricsRow = { readonly name: string; readonly metrics: PlayerMetrics | undefined };

/** Players' metrics as two tables: what was derived, and the means of 36 minutes. */
export function playerMetricsText(rows: readonly MetricsRow[], width: number | undefined): string {
  const derived = rows.map(({ name, metrics }) => [name, ...playerCells(metrics)]);
  const rates = rows.map(({ name, metrics }) => [name, ...per36Cells(metrics)]);
  const columns = [{ head: "Metrics" }, ...PLAYER_COLUMNS];
  const perMinute = [{ head: "Per 36" }, ...TOTALS_COLUMNS];
  return [
    tableOf({ columns, rows: derived }, width),
    tableOf({ columns: perMinute, rows: rates }, width),
  ].join("\n\n");
}

/** A team's metrics: both sides' shooting and four factors as a table, and a line of pace and ratings. */
export function teamMetricsText(metrics: TeamMetrics | undefined, width?: number): string {
  const { shooting, opponentShooting, fourFactors } = metrics ?? {};
  const rows = [
    ["own", ...shootingCells(shooting), ...factorCells(fourFactors?.offence)],
    ["opponents", ...shootingCells(opponentShooting), ...factorCells(fourFactors?.defence)],
  ];
  const table = tableOf({ columns: [{ head: "Metrics" }, ...TEAM_COLUMNS], rows }, width);
  return `${table}\n\n${ratingsText(metrics)}`;
}

/** Pace and ratings in one line: "Pace 99.8 · ORtg 115.6 · DRtg 104.0 · NRtg +11.6". */
export function ratingsText(metrics: TeamMetrics | undefined): string {
  const { pace, offensiveRating, defensiveRating, netRating, possessions } = metrics ?? {};
  const sign = netRating !== undefined && netRating > 0 ? "+" : "";
  return [
    `Pace ${decimal(pace) ?? "-"}`,
    `ORtg ${decimal(offensiveRating) ?? "-"}`,
    `DRtg ${decimal(defensiveRating) ?? "-"}`,
    `NRtg ${netRating === undefined ? "-" : sign + decimal(netRating)}`,
    `possessions ${possessions === undefined ? "-" : Math.round(possessions)}`,
  ].join(" · ");
}

/** A fraction as per cent with one decimal: 0.527 is "52.7". */
export function percent(fraction: number | undefined): string | undefined {
  return fraction === undefined ? undefined : (100 * fraction).toFixed(1);
}

/** A number with one decimal. */
export function decimal(value: number | undefined): string | undefined {
  return value?.toFixed(1);
}

/** Any message of metrics for a program: null is unknown. */
export function metricsJson(schema: DescMessage, message: Message | undefined) {
  return message === undefined ? null : plain(reflect(schema, message));
}

/** What metrics were computed by, for a program. */
export function formulasJson(formulas: Formulas | undefined) {
  if (formulas === undefined) return null;
  return { formulas: formulas.formulas, coefficients: formulas.coefficients || null };
}

function plain(message: ReflectMessage): { [name: string]: unknown } {
  return Object.fromEntries(
    message.fields.map((field) => {
      if (field.fieldKind === "message") {
        return [field.jsonName, message.isSet(field) ? plain(message.get(field)) : null];
      }
      const isKnown = message.isSet(field) || !field.proto.proto3Optional;
      return [field.jsonName, isKnown ? message.get(field) : null];
    }),
  );
}

function per36Cells(metrics: PlayerMetrics | undefined): Cell[] {
  const isKnown = Object.keys(metrics?.per36 ?? {}).length > 0;
  return averageCells({ ...metrics?.per36, ...(isKnown && { secondsPlayed: 36 * 60 }) });
}

function playerCells(metrics: PlayerMetrics | undefined): Cell[] {
  return [
    ...shootingCells(metrics?.shooting),
    metrics?.assistToTurnover?.toFixed(2),
    percent(metrics?.turnoverPercentage),
    percent(metrics?.usagePercentage),
    decimal(metrics?.gameScore),
    decimal(metrics?.playerEfficiencyRating),
    metrics?.doubleDoubles,
    metrics?.tripleDoubles,
  ];
}

/** The cells of FG%, 3P%, FT%, eFG% and TS%. */
export function shootingCells(shooting: Shooting | undefined): Cell[] {
  return [
    shooting?.fieldGoalPercentage,
    shooting?.threePointPercentage,
    shooting?.freeThrowPercentage,
    shooting?.effectiveFieldGoalPercentage,
    shooting?.trueShootingPercentage,
  ].map(percent);
}

function factorCells(factors: Factors | undefined): Cell[] {
  return [
    percent(factors?.turnovers),
    percent(factors?.rebounding),
    factors?.freeThrows?.toFixed(3),
  ];
}

function right(head: string): Column {
  return { head, align: "right" };
}
