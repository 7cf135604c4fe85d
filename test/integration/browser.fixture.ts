import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { addressOf } from "#runtime/rpc";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const ON_MACOS = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** The Chromium of this machine, or undefined where there is none. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const files = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...files, ...ON_MACOS].find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Opens a page that runs a script in a headless browser, until the end of the test. What the script hands
 * to `tell` comes to `told`, in order.
 */
export async function openPage(
  chromium: string,
  script: string,
  told: (message: unknown) => void,
): Promise<void> {
  const html = `<!doctype html><script>
    let telling = Promise.resolve();
    const tell = (message) => {
      telling = telling.then(() => fetch("/", { method: "POST", body: JSON.stringify(message) }));
    };
    ${script}
  </script>`;
  const server = createServer(async (request, response) => {
    if (request.method === "POST") told(await json(request));
    response.setHeader("Content-Type", "text/html");
    response.end(request.method === "GET" && request.url === "/" ? html : "");
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const profile = mkdtempSync(join(tmpdir(), "courtside-browser-"));
  const browser = spawn(
    chromium,
    [
      ...["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
      // Its sandbox does not work for root, nor in most containers; the page is our own.
      "--no-sandbox",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      `http://${addressOf(server)}/`,
    ],
    { stdio: "ignore", detached: true },
  );
  onTestFinished(async () => {
    await ended(browser);
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** Ends a process with all that it has started. */
async function ended(leader: ChildProcess): Promise<void> {
  if (leader.pid === undefined || leader.exitCode !== null || leader.signalCode !== null) return;
  const exit = once(leader, "exit");
  process.kill(-leader.pid, "SIGKILL");
  await exit;
}
