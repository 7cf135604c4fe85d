import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf } from "./error-code.ts";
import { lockFolder } from "./lock.ts";

/** What a spool needs of a disk. What a method has done is durable when it returns, but for `append`. */
export type Disk = {
  /** Makes a folder, and those above it. */
  makeFolder(folder: string): Promise<void>;
  /** The names of files and folders in a folder, in no order. */
  names(folder: string): Promise<string[]>;
  /** A file's bytes; undefined if there is none. */
  readFile(path: string): Promise<Buffer | undefined>;
  /** So many bytes of a file from a place on, or fewer at its end. */
  readPart(path: string, position: number, length: number): Promise<Buffer>;
  /** Replaces a file in one step: after a crash there is the former one or this. */
  replaceFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Gives a file another name in the same folder, in place of the file that had it. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing if there is no such file. */
  remove(path: string): Promise<void>;
  /** Removes a folder with all that is in it. */
  removeFolder(folder: string): Promise<void>;
  /** Opens a file to append to it, and makes it if there is none. */
  open(path: string): Promise<OpenFile>;
  /** Keeps every other spool out of a folder until the function that it returns is called. */
  lock(folder: string): Promise<() => Promise<void>>;
};

/** A file that is open. */
export type OpenFile = {
  /** Writes at the end; durable after the next `sync`. What a failed call has written is to be cut. */
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  /** Cuts off all behind a length. */
  cut(length: number): Promise<void>;
  close(): Promise<void>;
};

/** The disk of this machine. */
export const DISK: Disk = {
  async makeFolder(folder) {
    const made = await mkdir(resolve(folder), { recursive: true });
    if (made === undefined) return;
    for (let at = resolve(folder); at.length >= made.length; at = dirname(at)) {
      await syncFolder(dirname(at));
    }
  },
  names: (folder) => readdir(folder),
  readFile: (path) => unlessMissing(readFile(path)),
  async readPart(path, position, length) {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
  async replaceFile(path, bytes) {
    const draft = `${path}.tmp`;
    const file = await open(draft, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncFolder(dirname(path));
  },
  async rename(from, to) {
    await rename(from, to);
    await syncFolder(dirname(to));
  },
  async remove(path) {
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  },
  async removeFolder(folder) {
    await rm(folder, { recursive: true, force: true });
    await syncFolder(dirname(folder));
  },
  async open(path) {
    const file = await open(path, "a+");
    await syncFolder(dirname(path));
    return {
      append: (bytes) => file.appendFile(bytes),
      sync: () => file.datasync(),
      async cut(length) {
        await file.truncate(length);
        await file.sync();
      },
      close: () => file.close(),
    };
  },
  lock: lockFolder,
};

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; there the file system keeps names in order by itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlessMissing<Value>(value: Promise<Value>): Promise<Value | undefined> {
  try {
    return await value;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
