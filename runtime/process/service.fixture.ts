/** A service that a test starts as a process and tells by one word what to do. */
import { createServer } from "node:net";
import { runService } from "./index.ts";

const [, , behaviour] = process.argv;

// Holds the process open, as the server of a real one does.
const server = createServer();

await runService({
  name: "fixture",
  shortStops: behaviour === "stops-briefly",
  stopWithinMs: 300,
  async start(stopping) {
    if (behaviour === "fails-to-start") throw new Error("no port");
    server.listen(0, "127.0.0.1");
    stopping.addEventListener("abort", () => console.log("told"));
    console.log("starting");
    if (behaviour === "hangs-in-start") await new Promise(() => {});
    if (behaviour === "throws") setTimeout(() => aside(new Error("from nowhere")));
    if (behaviour === "rejects") Promise.reject(new Error("from nowhere"));
    console.log("up");
    return {
      async stop() {
        console.log("stop");
        if (behaviour === "hangs") await new Promise(() => {});
        if (behaviour === "fails-to-stop") throw new Error("no way out");
        if (behaviour === "takes-long") await new Promise((resolve) => setTimeout(resolve, 100));
      },
    };
  },
});

function aside(error: Error): never {
  throw error;
}
