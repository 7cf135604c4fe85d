import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import type { NewLine } from "#client";
import {
  Durability,
  LineOutcome,
  OpenUploadSchema,
  type UploadLinesRequest,
  UploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { queueOf } from "../../client/in-process.fixture.ts";
import { relayUpload } from "./upload.ts";
import { lineOf, world } from "./world.fixture.ts";

type Message = MessageInitShape<typeof UploadLinesRequestSchema>["message"];

const OPEN = { source: "arena", instance: "a", gameId: "g1" };

/** An upload at a relay: messages go in by hand, and answers come out in turn. */
async function uploadAt(
  open: Partial<typeof OPEN> & { sentTime?: ReturnType<typeof timestampFromMs> } = {},
) {
  const { clock, startRelay } = world();
  const relay = await startRelay().relay;
  const draining = new AbortController();
  const requests = queueOf<UploadLinesRequest>();
  const means = { relay, draining: draining.signal, now: () => clock.now };
  const answers = relayUpload(means, requests.items());
  const send = (message: Message) =>
    requests.push(create(UploadLinesRequestSchema, { message } as never));
  const next = async () => (await answers.next()).value?.message;
  send({ case: "open", value: { ...OPEN, ...open } });
  return {
    relay,
    next,
    drain: () => draining.abort(),
    batch: (firstNumber: number, ...lines: NewLine[]) =>
      send({ case: "batch", value: { firstNumber: BigInt(firstNumber), lines } }),
    finish: (lastNumber: number) =>
      send({ case: "finish", value: { lastNumber: BigInt(lastNumber) } }),
    again: () => send({ case: "open", value: OPEN }),
  };
}

describe("relayUpload", () => {
  it("answers as ingest does, and that lines are spooled", async () => {
    const upload = await uploadAt({ sentTime: timestampFromMs(1_699_999_990_000) });
    expect(await upload.next()).toEqual({
      case: "opened",
      value: {
        ...{ epoch: 1, nextNumber: 1n, creditLines: 2_000, creditBytes: 1_048_576n },
        clockOffsetMs: 10_000n,
      },
    });
    upload.batch(1, lineOf(1), lineOf(2));
    const ack = { durability: Durability.SPOOLED, results: [] };
    expect(await upload.next()).toEqual({ case: "ack", value: { ...ack, through: 2n } });
    upload.batch(2, lineOf(2), lineOf(3));
    const results = [{ number: 2n, outcome: LineOutcome.DUPLICATE }];
    expect(await upload.next()).toEqual({ case: "ack", value: { ...ack, through: 3n, results } });
    upload.finish(3);
    expect(await upload.next()).toEqual({ case: "finished", value: {} });
    expect(await upload.next()).toBeUndefined();
  });

  it("P7: refuses a batch that begins above the number expected, and names that", async () => {
    const upload = await uploadAt();
    await upload.next();
    upload.batch(1, lineOf(1));
    await upload.next();
    upload.batch(3, lineOf(3));
    const failed = await upload.next().catch(reasonOf);

    expect(failed).toMatchObject({ reason: "NUMBER_GAP", metadata: { expected: "2" } });
  });

  it("P7: refuses a number that comes again with another content, with all of its batch", async () => {
    const upload = await uploadAt();
    await upload.next();
    upload.batch(1, lineOf(1), lineOf(2));
    await upload.next();
    upload.batch(2, lineOf(99), lineOf(3));
    const failed = await upload.next().catch(reasonOf);

    expect(failed).toMatchObject({ reason: "NUMBER_REUSED", metadata: { number: "2" } });
    const listener = { fenced() {}, stopped() {}, refused() {} };
    const { uplink } = await upload.relay.open(create(OpenUploadSchema, OPEN), listener);
    expect(uplink.nextNumber()).toBe(3);
  });

  it("P7: refuses to finish before the last line has come", async () => {
    const upload = await uploadAt();
    await upload.next();
    upload.batch(1, lineOf(1));
    await upload.next();
    upload.finish(2);

    expect(await upload.next().catch(reasonOf)).toMatchObject({ reason: "NUMBER_GAP" });
  });

  it("refuses to be opened twice", async () => {
    const upload = await uploadAt();
    await upload.next();
    upload.again();

    expect(await upload.next().catch(reasonOf)).toMatchObject({
      fieldViolations: [{ field: "message", description: "an upload is opened only once" }],
    });
  });

  it("says when to come back before it goes away, and still answers what it has", async () => {
    const upload = await uploadAt();
    await upload.next();
    upload.drain();
    expect(await upload.next()).toMatchObject({
      case: "draining",
      value: { returnAfter: { seconds: 1n } },
    });
    upload.batch(1, lineOf(1));

    expect(await upload.next()).toMatchObject({ case: "ack", value: { through: 1n } });
  });
});
