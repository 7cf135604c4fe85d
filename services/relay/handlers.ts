import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { Durability, type IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { deadlineOf, type RpcClient } from "#runtime/rpc";
import { refusal } from "./refusals.ts";
import type { Relay } from "./relay.ts";
import { type RelayUploadMeans, relayUpload } from "./upload.ts";

/** What the handlers of a relay work on. */
export type RelayHandlerMeans = RelayUploadMeans & {
  readonly relay: Relay;
  /** The mesh, for what a relay does not spool. */
  readonly ingest: RpcClient<typeof IngestService>;
};

const FORWARD_MS_DEFAULT = 5_000;
const FORWARD_MS_MAX = 20_000;

/** Of what a relay has on its disk nobody can read a position yet. */
const SPOOLED = { position: "", durability: Durability.SPOOLED };

/**
 * The ingest RPCs as an arena's relay answers them. Lines and facts of games are answered at once, from its
 * disk. Names, official lines and what is held back are the mesh's own: they are passed on, and fail while
 * it is away.
 */
export function relayHandlers(means: RelayHandlerMeans): ServiceImpl<typeof IngestService> {
  const { relay, ingest } = means;
  const spooled = (taken: boolean) => ({ ...SPOOLED, taken });

  return {
    uploadLines: (requests) => relayUpload(means, requests),
    recordLines: async (request) => spooled(await relay.recordLines(request).catch(thrown)),
    recordGame: async (request) => spooled(await relay.recordGame(request).catch(thrown)),

    async recordOfficialLines(request, context) {
      const { season, gameId } = request;
      // The mesh takes them once it knows that the game is over.
      return passedOn(context, async (call) => {
        await relay.forwarded(season?.league, gameId, call.signal);
        return ingest.recordOfficialLines(request, call);
      });
    },
    recordRoster: (request, context) =>
      passedOn(context, (call) => ingest.recordRoster(request, call)),
    listQuarantined: (request, context) =>
      passedOn(context, (call) => ingest.listQuarantined(request, call)),
    releaseQuarantined: (request, context) =>
      passedOn(context, (call) => ingest.releaseQuarantined(request, call)),
  };
}

type Call = { readonly timeoutMs: number; readonly signal: AbortSignal };

async function passedOn<Answer>(
  context: HandlerContext,
  ask: (call: Call) => Promise<Answer>,
): Promise<Answer> {
  const { remainingMs, signal } = deadlineOf(context, FORWARD_MS_DEFAULT, FORWARD_MS_MAX);
  try {
    return await ask({ timeoutMs: remainingMs(), signal });
  } catch (error) {
    throw refusal(error);
  }
}

function thrown(error: unknown): never {
  throw refusal(error);
}
