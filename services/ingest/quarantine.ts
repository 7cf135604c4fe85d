import { fromBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { slotOf } from "#domain/slots";
import { type IngestService, LineOutcome } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { type Entry, EntrySchema, type Quarantined } from "#gen/courtside/journal/v1/entry_pb.ts";
import { positionToken } from "#runtime/positions";
import { badRequest, failure } from "#runtime/rpc";
import type { QuarantinedEntry, Recorded } from "#stores/archive";
import { encodeEntries, type Journal } from "#stores/journal";
import { seasonAsked } from "#wire/seasons";
import { durabilityOf } from "./durability.ts";
import { sentIn } from "./known-lines.ts";
import { placeOfGame } from "./seasons.ts";

type Means = { readonly journal: Journal; readonly recorded: Recorded };

const PAGE_SIZE_DEFAULT = 100;

/** The RPCs about lines that are held back. */
export function quarantineHandlers({
  journal,
  recorded,
}: Means): Pick<ServiceImpl<typeof IngestService>, "listQuarantined" | "releaseQuarantined"> {
  return {
    async listQuarantined({ season, gameId, withReleased, pageSize, pageToken }) {
      const slot = slotOf(seasonAsked(season));
      const count = pageSize || PAGE_SIZE_DEFAULT;
      const before = placeOf(pageToken);
      const found = await recorded.quarantined(slot, {
        ...{ gameId, withReleased, before },
        count: count + 1,
      });
      const page = found.slice(0, count);
      const more = found.length > count;
      return {
        lines: page.map(lineOf),
        nextPageToken: more ? String(page.at(-1)?.offset ?? 0) : "",
      };
    },

    async releaseQuarantined({ source, season, gameId, epoch, number }) {
      const { league, slot } = await placeOfGame(journal, season, gameId);
      const found = await recorded.quarantinedLine(slot, gameId, epoch, Number(number));
      const metadata = { game_id: gameId, epoch: String(epoch), number: String(number) };
      if (found === undefined) {
        const message = `No line ${number} of owner ${epoch} of game ${gameId} is held back.`;
        throw failure("LINE_UNKNOWN", message, { metadata });
      }
      const { entry, held } = heldIn(found.bytes);
      if (held.invalid) {
        const fields = held.broken.map(({ field }) => field).join(", ");
        throw failure("LINE_INVALID", `The line can never count: ${fields}.`, { metadata });
      }
      const { clockOffsetMs } = entry;
      const kind = { case: "released" as const, value: { of: held.of } };
      const { verdict, end, replicated } = await journal.release({
        ...{ league, gameId, slot, epoch, number: Number(number) },
        body: encodeEntries([{ gameId, source, clockOffsetMs, kind }]),
      });
      const journalId = await journal.id();
      return {
        position: positionToken({ journalId, ...end }),
        durability: durabilityOf(replicated),
        taken: verdict === "appended",
      };
    },
  };
}

function lineOf({ bytes, recordedAt, released }: QuarantinedEntry) {
  const { entry, held } = heldIn(bytes);
  const { epoch = 0, number = 0n } = held.of.value ?? {};
  return {
    gameId: entry.gameId,
    source: entry.source,
    epoch,
    number,
    line: sentIn(entry.kind)?.line,
    outcome: held.invalid ? LineOutcome.INVALID : LineOutcome.QUARANTINED,
    violations: held.broken.map(({ field, description }) => ({ field, description })),
    recordedTime: timestampFromMs(recordedAt),
    released,
  };
}

function heldIn(bytes: Uint8Array): { entry: Entry; held: Quarantined } {
  const entry = fromBinary(EntrySchema, bytes);
  if (entry.kind.case !== "quarantined") throw new Error(`${entry.gameId}: not a line held back`);
  return { entry, held: entry.kind.value };
}

/** The offset before which the page begins. */
function placeOf(pageToken: string): number {
  if (pageToken === "") return Number.MAX_SAFE_INTEGER;
  const place = Number(pageToken);
  if (Number.isSafeInteger(place) && place > 0) return place;
  throw badRequest([
    { field: "page_token", description: "Pass next_page_token as it was returned." },
  ]);
}
