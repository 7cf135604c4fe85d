import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "#gen/grpc/health/v1/health_pb.ts";
import { untilAborted } from "./aborts.ts";
import { rpcClient } from "./client.ts";

/** The health that a server tells by the standard grpc.health.v1. */
export type HealthState = {
  readonly handlers: ServiceImpl<typeof Health>;
  /** Of one service, or of the server: none of its services is serving while it is not. */
  set(serving: boolean, service?: string): void;
  /** Not serving from now on, and every watch is told so and ends. */
  close(): void;
};

/** The health of a server (service "") that is serving until told otherwise. */
export function createHealth(): HealthState {
  const states = new Map<string, boolean>([["", true]]);
  let closed = false;
  let change = Promise.withResolvers<void>();

  function statusOf(service: string): Status | undefined {
    const own = states.get(service);
    if (own === undefined) return undefined;
    return own && states.get("") && !closed ? Status.SERVING : Status.NOT_SERVING;
  }
  function wake() {
    change.resolve();
    change = Promise.withResolvers();
  }

  return {
    handlers: {
      check({ service }) {
        const status = statusOf(service);
        if (status === undefined) throw new ConnectError("unknown service", Code.NotFound);
        return { status };
      },
      list() {
        const known = [...states.keys()].map((name) => [name, { status: statusOf(name) }]);
        return { statuses: Object.fromEntries(known) };
      },
      async *watch({ service }, { signal }) {
        let told: Status | undefined;
        for (;;) {
          const changed = change.promise;
          const status = statusOf(service) ?? Status.SERVICE_UNKNOWN;
          if (status !== told) yield { status };
          told = status;
          if (closed) return;
          await untilAborted(signal, changed);
        }
      },
    },
    set(serving, service = "") {
      states.set(service, serving);
      wake();
    },
    close() {
      closed = true;
      wake();
    },
  };
}

/**
 * True if the server at `address` answers within `timeoutMs` (default 1 s) that it is serving: all of it,
 * or one service by name.
 */
export async function isServing(
  address: string,
  timeoutMs = 1_000,
  service = "",
): Promise<boolean> {
  const health = rpcClient(Health, address, { timeoutMs });
  try {
    const { status } = await health.check({ service });
    return status === Status.SERVING;
  } catch {
    return false;
  } finally {
    health.close();
  }
}
