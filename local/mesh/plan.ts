import { join } from "node:path";
import { isServing } from "#runtime/rpc";
import { migrate } from "#stores/postgres";
import { ROOT } from "./folder.ts";

/** A service as the mesh runs it. */
export type ServicePlan = {
  readonly name: string;
  /** The file that Node runs. */
  readonly main: string;
};

/** What runs on top of the two stores, and how one sees that it does. */
export type MeshPlan = {
  readonly services: readonly ServicePlan[];
  /** Brings the database at this URL up to date, before any service starts. */
  readonly migrate: (postgresUrl: string) => Promise<unknown>;
  /** Whether the service at `host:port` takes calls. Never throws; answers within seconds. */
  readonly ready: (address: string) => Promise<boolean>;
};

/** Courtside itself. */
export const COURTSIDE: MeshPlan = {
  services: ["ingest", "projector", "stats", "leaderboard"].map((name) => ({
    name,
    main: join(ROOT, "services", name, "main.ts"),
  })),
  migrate,
  ready: isServing,
};
