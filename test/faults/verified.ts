import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import type { AskedSeason } from "../../cli/seasons.ts";
import type { FaultMesh } from "./mesh.ts";

/** What the projector's own comparison found, and of how many entries. */
export type Verified = { readonly entries: number; readonly differences: readonly string[] };

/** What a fresh fold of all entries says of hot store and archive. */
export async function verified(mesh: FaultMesh, season: AskedSeason): Promise<Verified> {
  const projector = rpcClient(ProjectorService, mesh.target("projector"));
  const differences: string[] = [];
  let entries = 0;
  try {
    for await (const { message } of projector.verifySeason({ season })) {
      if (message.case === "verified") entries = Number(message.value.entries);
      if (message.case !== "difference") continue;
      const { store, place, found, expected } = message.value;
      differences.push(`${store}, ${place}: ${found} is not ${expected}`);
    }
  } catch (error) {
    differences.push(String(error));
  } finally {
    projector.close();
  }
  return { entries, differences };
}
