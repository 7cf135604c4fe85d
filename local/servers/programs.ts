import { fileURLToPath } from "node:url";
import { findPrograms, type Programs, recordedPrograms } from "../setup/programs.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The server programs that the set-up found; looked for anew when a test runs without set-up. */
export function serverPrograms(): Programs {
  const { redis, postgres, env } = recordedPrograms(ROOT) ?? findPrograms(ROOT);
  if (!redis || !postgres) {
    throw new Error("Redis or Postgres is missing here; any npm script that needs them gets them.");
  }
  return { redis, postgres, env };
}
