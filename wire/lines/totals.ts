import type { Totals } from "#domain/statistics";
import { type Totals as OnWire, TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";

/**
 * Totals as a message that is only to be sent: in a fifth of the time and the memory that `create` takes, which
 * gives each a prototype.
 */
export function totalsOnWire(totals: Totals): OnWire {
  return { ...totals, $typeName: TotalsSchema.typeName };
}
