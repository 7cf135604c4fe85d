import { Durability } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";

/** How safe what was committed is, as answers say it. */
export function durabilityOf(replicated: boolean): Durability {
  return replicated ? Durability.REPLICATED : Durability.LOCAL;
}
