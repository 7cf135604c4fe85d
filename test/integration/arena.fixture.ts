/**
 * An arena's process, to be killed: sends line after line of one game until its input ends, and then what
 * is left. Says on a line each what number it begins with, what is spooled, what is acknowledged, and the
 * last number when all is durable.
 */
import { setTimeout as delay } from "node:timers/promises";
import { openUplink, type UplinkOptions } from "#client";
import { arenaLine } from "./arena-line.fixture.ts";

const options: UplinkOptions = JSON.parse(process.argv[2] ?? "");
const say = (word: string, number: number) => process.stdout.write(`${word} ${number}\n`);

let wanted = true;
process.stdin.on("end", () => {
  wanted = false;
});
process.stdin.resume();

const uplink = await openUplink(options);
say("begins", uplink.nextNumber());
uplink.on("acked", ({ through }) => say("acked", through));
uplink.on("stopped", ({ failure }) => {
  throw failure;
});
for (let number = uplink.nextNumber(); wanted; number = uplink.nextNumber()) {
  // Alone, and some together.
  const count = 1 + (number % 4);
  const sends = Array.from({ length: count }, (_, at) => uplink.send(arenaLine(number + at)));
  for (const sent of sends) say("spooled", await sent);
  await delay(2);
}
await uplink.drained();
say("done", uplink.acknowledgedThrough());
await uplink.close();
process.exit(0);
