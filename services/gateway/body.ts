import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "./problems.ts";

/**
 * The JSON value of a request's body. Throws a Refusal: 413 as soon as it is known to be too large, 415
 * where it is no JSON by its headers, 400 where it is none in fact.
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  bytesMax: number,
): Promise<unknown> {
  const { headers } = request;
  if (!isJson(headers["content-type"]) || isEncoded(headers["content-encoding"])) {
    throw new Refusal(415, "The body must be application/json in UTF-8, not compressed.", {
      headers: { Accept: "application/json" },
    });
  }
  if (Number(headers["content-length"] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (headers.expect !== undefined) response.writeContinue();
  const bytes = await bytesOf(request, bytesMax);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "The body is not JSON.");
  }
}

async function bytesOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The iterator must not destroy the connection when it is left: the answer has yet to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isJson(contentType = ""): boolean {
  return /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType);
}

function isEncoded(contentEncoding = "identity"): boolean {
  return contentEncoding.toLowerCase() !== "identity";
}

function tooLarge(bytesMax: number): Refusal {
  return new Refusal(413, `The body may have ${bytesMax} bytes.`);
}
