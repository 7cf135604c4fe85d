import type { ServiceImpl } from "@connectrpc/connect";
import type { LineLimits } from "#domain/line-rules";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import type { UploadedLine } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { positionToken } from "#runtime/positions";
import { badRequest } from "#runtime/rpc";
import { type AppendVerdict, encodeEntries } from "#stores/journal";
import type { Roster } from "#stores/roster";
import { leagueOf } from "#wire/seasons";
import { contradictionsIn, valid } from "./checked-lines.ts";
import { durabilityOf } from "./durability.ts";
import { linesBody, officialBody, officialDigest } from "./entries.ts";
import { quarantineHandlers } from "./quarantine.ts";
import type { RawIngestService } from "./raw-service.ts";
import { notAppended, notOpened } from "./refusals.ts";
import { placeOfGame } from "./seasons.ts";
import { type UploadMeans, upload } from "./upload.ts";

/** What the handlers work on. */
type Means = UploadMeans & { readonly roster: Roster };

/** The instance of a source that has no stream. */
const UNARY_INSTANCE = "";

/** The ingest RPCs. The validation interceptor has enforced the rules in the .proto by now. */
export function ingestHandlers(means: Means): ServiceImpl<typeof RawIngestService> {
  const { journal, roster, now } = means;
  const nextRevision = revisions(now);

  const durable = async ({ end, replicated }: Pick<AppendVerdict, "end" | "replicated">) => ({
    position: positionToken({ journalId: await journal.id(), ...end }),
    durability: durabilityOf(replicated),
  });

  return {
    ...quarantineHandlers(means),

    uploadLines: (requests) => upload(means, requests),

    async recordLines({ source, season: asked, gameId, lines, revision }) {
      refuseRepeated(lines.map(({ of }) => `${of.case} ${idOf(of)}`));
      const { league, slot } = await placeOfGame(journal, asked, gameId);
      refuseContradictions(lines, means.limits.get(league));
      const opened = await journal.open({
        league,
        gameId,
        slot,
        source,
        instance: UNARY_INSTANCE,
        takeOver: false,
      });
      if (opened.verdict !== "open") throw notOpened(gameId, opened);
      const number = nextRevision(revision);
      const { epoch } = opened;
      const place = { gameId, source, epoch, clockOffsetMs: 0 };
      const body = linesBody(place, lines.map(valid), () => number);
      const item = { kind: "record" as const, slot, league, gameId, epoch, number, body };
      const verdict = only(await journal.append([{ ...item, entries: lines.length }]));
      if (verdict.verdict !== "appended" && verdict.verdict !== "duplicate") {
        throw notAppended(gameId, verdict);
      }
      const officials = verdict.hasOfficials
        ? await journal.officialPlayers(league, gameId)
        : new Set<string>();
      return {
        ...(await durable(verdict)),
        taken: verdict.verdict === "appended",
        supersededPlayerIds: lines.flatMap(({ of }) =>
          of.case === "player" && officials.has(of.value.playerId) ? [of.value.playerId] : [],
        ),
      };
    },

    async recordOfficialLines({ source, season: asked, gameId, lines, revision }) {
      refuseRepeated(lines.map(({ playerId }) => playerId));
      const { league, slot } = await placeOfGame(journal, asked, gameId);
      const number = nextRevision(revision);
      const verdicts = await journal.append(
        lines.map((line) => ({
          kind: "official" as const,
          slot,
          league,
          gameId,
          playerId: line.playerId,
          revision: number,
          withdrawn: line.withdrawn,
          digest: officialDigest(line),
          body: officialBody({ gameId, source, revision: number }, line),
          entries: 1,
        })),
      );
      const refused = verdicts.find(
        ({ verdict }) => verdict === "not_final" || verdict === "wrong_slot",
      );
      if (refused) throw notAppended(gameId, refused);
      const changed = verdicts.filter(({ verdict }) => verdict === "appended").length;
      return {
        ...(await durable(latest(verdicts))),
        changed,
        unchanged: verdicts.length - changed,
      };
    },

    async recordGame({ source, season: asked, game, revision, didNotPlay }) {
      if (game === undefined) throw badRequest([{ field: "game", description: "must be set" }]);
      const absent = didNotPlay?.players.map(({ playerId }) => playerId) ?? [];
      refuseRepeated(absent, "did_not_play.players", "is named in this request already");
      const { gameId } = game;
      const { league, slot } = await placeOfGame(journal, asked, gameId);
      const number = nextRevision(revision);
      const value = { revision: BigInt(number), game, ...(didNotPlay && { didNotPlay }) };
      const verdict = only(
        await journal.append([
          {
            kind: "facts",
            slot,
            league,
            gameId,
            revision: number,
            final:
              game.status === GameStatus.UNSPECIFIED ? undefined : game.status === GameStatus.FINAL,
            body: encodeEntries([{ gameId, source, kind: { case: "game", value } }]),
            entries: 1,
          },
        ]),
      );
      if (verdict.verdict !== "appended" && verdict.verdict !== "duplicate") {
        throw notAppended(gameId, verdict);
      }
      return { ...(await durable(verdict)), taken: verdict.verdict === "appended" };
    },

    async recordRoster({ league, teams, players }) {
      return { version: BigInt(await roster.record(leagueOf(league), teams, players)) };
    },
  };
}

// The revision that the caller gave, else the clock in microseconds, never twice the same.
function revisions(now: () => number): (given: bigint | undefined) => number {
  let last = 0;
  return (given) => {
    if (given !== undefined) return Number(given);
    last = Math.max(last + 1, now() * 1_000);
    return last;
  };
}

function idOf(of: { case: "player" | "team" | undefined; value?: unknown }): string {
  const value = of.value as { playerId?: string; teamId: string };
  return of.case === "player" ? (value.playerId ?? "") : value.teamId;
}

function refuseRepeated(
  names: readonly string[],
  field = "lines",
  why = "has a line in this request already",
): void {
  const at = names.findIndex((name, place) => names.indexOf(name) !== place);
  if (at < 0) return;
  throw badRequest([{ field: `${field}[${at}]`, description: `${names[at]} ${why}` }]);
}

// Who sends one request at a time reads the answer and can correct it: nothing is held back for later.
function refuseContradictions(lines: readonly UploadedLine[], limits?: LineLimits): void {
  const violations = lines.flatMap((line, at) =>
    contradictionsIn(line, limits).map(({ field, description }) => ({
      field: `lines[${at}].${field}`,
      description,
    })),
  );
  if (violations.length > 0) throw badRequest(violations);
}

function only(verdicts: readonly AppendVerdict[]): AppendVerdict {
  const [verdict] = verdicts;
  if (verdict === undefined) throw new Error("an append gave no verdict");
  return verdict;
}

// All items are of one slot, in order: the last one's place includes the others.
function latest(verdicts: readonly AppendVerdict[]): AppendVerdict {
  const last = verdicts.at(-1);
  if (last === undefined) throw new Error("an append gave no verdict");
  return last;
}
