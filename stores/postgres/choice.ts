import type { PostgresServer } from "#runtime/config";

/** What a server says that it is. */
export type Found = {
  readonly server: PostgresServer;
  readonly isStandby: boolean;
  /** Rises with each promotion; 0 for a standby. */
  readonly timeline: number;
};

/**
 * Where to write: of those that claim to be the primary the one with the highest timeline, since an older
 * one was replaced and does not know it yet. Undefined without any on `timelineSeen` or a later one.
 */
export function writerAmong(found: readonly Found[], timelineSeen: number): Found | undefined {
  const [newest] = found
    .filter(({ isStandby, timeline }) => !isStandby && timeline >= timelineSeen)
    .sort((a, b) => b.timeline - a.timeline);
  return newest;
}

/** Where to read: the standby that it is already, else any standby, else where to write. */
export function readerAmong(
  found: readonly Found[],
  timelineSeen: number,
  present: PostgresServer | undefined,
  random: () => number = Math.random,
): Found | undefined {
  const standbys = found.filter(({ isStandby }) => isStandby);
  return (
    standbys.find(({ server }) => server === present) ??
    standbys[Math.floor(random() * standbys.length)] ??
    writerAmong(found, timelineSeen)
  );
}
