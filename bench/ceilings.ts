import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { asked, child } from "./mesh.ts";

/** How long each bare means is measured, in ms, after as long a warm-up. */
const MEASURE_MS = 2_000;

/** Rows or commands of one round trip. */
const AT_ONCE = 500;

/** Round trips at the same time. */
const SENDERS = 2;

/** About what a line is as bytes. */
const LINE = Buffer.alloc(200, "line");

const TABLE = `
  create table if not exists bare_line (
    slot text, place bigint, body bytea, primary key (slot, place)
  )`;
const INSERT = `
  insert into bare_line (slot, place, body)
  select $1, * from unnest($2::bigint[], $3::bytea[])`;

/** A server in a process of its own that answers uploads and keeps nothing: what gRPC alone costs. */
export async function bareEcho(): Promise<{ address: string; pid: number; close(): void }> {
  const process = child("bare-echo.ts");
  const port = await asked<number>(process);
  const close = () => void process.kill();
  return { address: `127.0.0.1:${port}`, pid: process.pid ?? 0, close };
}

/** Lines a second as rows of their own in a table with a key: what an archive of lines cannot do without. */
export async function bareInsert(url: string): Promise<number> {
  const own = new URL(url);
  own.pathname = "/bare";
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query("drop database if exists bare");
  await admin.query("create database bare");
  const pool = new pg.Pool({ connectionString: own.href, max: SENDERS });
  await pool.query(TABLE);
  const bodies = Array(AT_ONCE).fill(LINE);
  let place = 0;
  const rate = await measured(async () => {
    const places = Array.from({ length: AT_ONCE }, () => place++);
    await pool.query({ name: "bare", text: INSERT, values: ["slot", places, bodies] });
  });
  await pool.end();
  await admin.query("drop database bare");
  await admin.end();
  return rate;
}

/** Lines a second as fields of a hash, in pipelines. */
export async function barePipeline(url: string): Promise<number> {
  const redis = new Redis(url);
  let place = 0;
  const rate = await measured(async () => {
    const pipeline = redis.pipeline();
    for (let at = 0; at < AT_ONCE; at++) pipeline.hset("bare", `line-${place++ % 1_000}`, LINE);
    await pipeline.exec();
  });
  await redis.unlink("bare");
  redis.disconnect();
  return rate;
}

async function measured(send: () => Promise<void>): Promise<number> {
  let done = 0;
  let stopped = false;
  const senders = Array.from({ length: SENDERS }, async () => {
    while (!stopped) {
      await send();
      done += AT_ONCE;
    }
  });
  await delay(MEASURE_MS);
  const before = done;
  const begun = performance.now();
  await delay(MEASURE_MS);
  const rate = ((done - before) * 1_000) / (performance.now() - begun);
  stopped = true;
  await Promise.all(senders);
  return rate;
}
