import { type Mesh, MeshAlreadyRuns, type MeshOptions, meshIn } from "./mesh.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Stops the mesh on the first SIGINT, SIGTERM or SIGHUP; a second one kills all its processes and
 * ends this one with status 130. The promise resolves when the first has stopped everything.
 */
export function stopOnSignals(mesh: Mesh, log: (sentence: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) {
        mesh.kill();
        process.exit(130);
      }
      asked = true;
      log("Stopping; once more kills.");
      void mesh.stop().then(resolve);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
}

/** Runs a mesh until a signal asks it to stop; returns the exit status for this process. */
export async function supervise(options: MeshOptions): Promise<number> {
  const { log } = options;
  const mesh = meshIn(options);
  let signalled = false;
  const stopped = stopOnSignals(mesh, (sentence) => {
    signalled = true;
    log(sentence);
  });
  try {
    const { services } = await mesh.start();
    for (const { name, address } of services) log(`${name} takes calls at ${address}.`);
  } catch (error) {
    if (!signalled) {
      log(error instanceof Error ? error.message : String(error));
      return error instanceof MeshAlreadyRuns ? 0 : 1;
    }
  }
  await stopped;
  log("Stopped.");
  return 0;
}
