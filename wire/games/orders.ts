import type { Order } from "#domain/games";
import { Order as OnWire } from "#gen/courtside/read/v1/order_pb.ts";

/** The order that a request asks for, else the one that is usual there. */
export function orderOf(asked: OnWire, usual: Order): Order {
  if (asked === OnWire.OLDEST_FIRST) return "oldest-first";
  return asked === OnWire.NEWEST_FIRST ? "newest-first" : usual;
}

/** An order as a request asks for it; undefined for the usual one. */
export function orderOnWire(order: Order | undefined): OnWire {
  if (order === undefined) return OnWire.UNSPECIFIED;
  return order === "oldest-first" ? OnWire.OLDEST_FIRST : OnWire.NEWEST_FIRST;
}
