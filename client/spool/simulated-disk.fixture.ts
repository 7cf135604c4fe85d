import type { Disk } from "./disk.ts";

/** A disk in memory that can lose its power, and processes that can be killed while they use it. */
export type SimulatedDisk = {
  /** The disk as one process sees it. */
  process(): SimulatedProcess;
  /** Ends the power: of what was not synced, each file keeps a part of its own length. */
  losePower(): void;
  /** What stands in a file now; undefined if there is none. */
  contentOf(path: string): Buffer | undefined;
  /** Changes what stands in a file, durably. */
  setContent(path: string, content: Buffer): void;
  /** Every path there is. */
  paths(): string[];
};

/** A process that uses the disk. */
export type SimulatedProcess = {
  readonly disk: Disk;
  /** How many steps it has made on the disk. */
  steps(): number;
  /** Ends it where it is: a call that runs has done a part of its work, and never returns. */
  kill(): void;
};

/** A fault of the disk: called before each step, and may throw what the call is to fail with. */
export type DiskFault = (step: { readonly kind: string; readonly path: string }) => void;

/** `synced` of the bytes are durable. */
type File = { bytes: Buffer; synced: number };

export function simulatedDisk(random: () => number, fault: DiskFault = () => {}): SimulatedDisk {
  const files = new Map<string, File>();
  const locks = new Set<string>();
  const fileAt = (path: string) => {
    const file = files.get(path);
    if (file === undefined) throw new Error(`no such file: ${path}`);
    return file;
  };

  function process(): SimulatedProcess {
    let alive = true;
    let steps = 0;
    const held = new Set<string>();
    /** Between two steps anything may happen, and a process that was killed makes no more of them. */
    async function step(kind: string, path: string): Promise<void> {
      await new Promise(setImmediate);
      if (!alive) await new Promise(() => {});
      steps += 1;
      fault({ kind, path });
    }
    const disk: Disk = {
      makeFolder: (folder) => step("makeFolder", folder),
      async names(folder) {
        await step("names", folder);
        const below = [...files.keys()].filter((path) => path.startsWith(`${folder}/`));
        return [...new Set(below.map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""))];
      },
      async readFile(path) {
        await step("readFile", path);
        return files.get(path)?.bytes;
      },
      async readPart(path, position, length) {
        await step("readPart", path);
        return fileAt(path).bytes.subarray(position, position + length);
      },
      async replaceFile(path, bytes) {
        await step("replaceFile", path);
        files.set(path, { bytes: Buffer.from(bytes), synced: bytes.length });
        await step("replaced", path);
      },
      async rename(from, to) {
        await step("rename", from);
        files.set(to, fileAt(from));
        files.delete(from);
        await step("renamed", to);
      },
      async remove(path) {
        await step("remove", path);
        files.delete(path);
        await step("removed", path);
      },
      async removeFolder(folder) {
        for (const path of [...files.keys()]) {
          if (!path.startsWith(`${folder}/`)) continue;
          await step("remove", path);
          files.delete(path);
        }
      },
      async open(path) {
        await step("open", path);
        if (!files.has(path)) files.set(path, { bytes: Buffer.alloc(0), synced: 0 });
        return {
          async append(bytes) {
            const half = Math.floor(random() * bytes.length);
            for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
              await step("append", path);
              const file = fileAt(path);
              file.bytes = Buffer.concat([file.bytes, part]);
            }
          },
          async sync() {
            await step("sync", path);
            const file = fileAt(path);
            file.synced = file.bytes.length;
            await step("synced", path);
          },
          async cut(length) {
            await step("cut", path);
            const file = fileAt(path);
            file.bytes = file.bytes.subarray(0, length);
            file.synced = file.bytes.length;
          },
          close: () => step("close", path),
        };
      },
      async lock(folder) {
        await step("lock", folder);
        if (locks.has(folder)) throw new Error(`${folder} is locked`);
        locks.add(folder);
        held.add(folder);
        return async () => {
          locks.delete(folder);
          held.delete(folder);
        };
      },
    };
    return {
      disk,
      steps: () => steps,
      kill() {
        alive = false;
        for (const folder of held) locks.delete(folder);
      },
    };
  }

  return {
    process,
    losePower() {
      for (const file of files.values()) {
        const kept = file.synced + Math.floor(random() * (file.bytes.length - file.synced + 1));
        file.bytes = file.bytes.subarray(0, kept);
        file.synced = kept;
      }
    },
    contentOf: (path) => files.get(path)?.bytes,
    setContent: (path, content) => void files.set(path, { bytes: content, synced: content.length }),
    paths: () => [...files.keys()],
  };
}
