import type { DescService } from "@bufbuild/protobuf";
import { type Backoff, retried } from "#client";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type RpcClient, rpcClient } from "#runtime/rpc";
import { status } from "../local/mesh/index.ts";
import { Complaint } from "./shell.ts";

/** The services of a mesh, as the verbs call them. A client connects with its first call. */
export type MeshServices = {
  /** Where the service is, as `host:port`. Throws a complaint when no mesh runs. */
  addressOf(name: ServiceName): string;
  readonly ingest: RpcClient<typeof IngestService>;
  readonly projector: RpcClient<typeof ProjectorService>;
  readonly stats: RpcClient<typeof StatsService>;
  readonly leaderboard: RpcClient<typeof LeaderboardService>;
  close(): void;
};

/** A service that the verbs call. */
export type ServiceName = "ingest" | "projector" | "stats" | "leaderboard";

/**
 * The mesh whose addresses COURTSIDE_INGEST, COURTSIDE_PROJECTOR, COURTSIDE_STATS and
 * COURTSIDE_LEADERBOARD name, and where they do not, the one that runs on this machine.
 */
export function meshServices(env: NodeJS.ProcessEnv): MeshServices {
  const open: { close(): void }[] = [];
  const addressOf = (name: ServiceName) => {
    const named = env[`COURTSIDE_${name.toUpperCase()}`];
    if (named) return named;
    const mesh = status();
    const address = mesh?.services.find((service) => service.name === name)?.address;
    if (mesh?.supervisor.running && address !== undefined) return address;
    throw new Complaint("The mesh is not running: start it with `npm run courtside -- up`.");
  };
  const lazy = <Service extends DescService>(service: Service, name: ServiceName) => {
    let client: RpcClient<Service> | undefined;
    return () => {
      if (client === undefined) {
        client = rpcClient(service, addressOf(name));
        open.push(client);
      }
      return client;
    };
  };
  const ingest = lazy(IngestService, "ingest");
  const projector = lazy(ProjectorService, "projector");
  const stats = lazy(StatsService, "stats");
  const leaderboard = lazy(LeaderboardService, "leaderboard");
  return {
    addressOf,
    get ingest() {
      return ingest();
    },
    get projector() {
      return projector();
    },
    get stats() {
      return stats();
    },
    get leaderboard() {
      return leaderboard();
    },
    close() {
      for (const client of open) client.close();
    },
  };
}

/** How long a read waits for a service that is being started again. */
const READ_BACKOFF: Backoff = { giveUpAfterMs: 20_000 };

/** The answer of a read, also when its service is just being started again. */
export function read<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  return retried(call, READ_BACKOFF);
}
