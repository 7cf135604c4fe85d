import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import type pg from "pg";
import { Database, type Standby, type Transaction } from "./database.ts";
import type { Send } from "./network.ts";

/** How a planted bug lets Postgres, or what is asked of it, differ. */
export type PostgresQuirks = {
  /** True: "I have it" is answered without committing anything. */
  readonly opensUnfenced?: boolean;
  readonly repeatsUnfenced?: boolean;
  /** True: appends of a former epoch are taken. */
  readonly takesFormerEpochs?: boolean;
  /** True: the answer is sent before the commit. */
  readonly answersEarly?: boolean;
  /** True: a term is one more than the term before. */
  readonly countsTerms?: boolean;
  /** True: notices do not reach the client. */
  readonly hidesNotices?: boolean;
};

/** A row of the simulated journal. */
export type LogRow = {
  readonly first_offset: number;
  readonly entries: number;
  readonly recorded_at: Date;
  readonly term: number;
  readonly digest: Buffer;
  readonly body: Buffer;
};

/** What one lock on a head guards: the log with it. */
export type Log = {
  readonly endOffset: number;
  readonly digest: Buffer;
  readonly term: number;
  readonly timeline: number;
  readonly terms: readonly (readonly [term: number, firstOffset: number])[];
  readonly rows: readonly LogRow[];
};

type Gate = {
  readonly slot: string;
  readonly source: string | undefined;
  readonly instance: string | undefined;
  readonly epoch: number;
  readonly next: number;
  readonly factsRevision: number;
  readonly final: boolean;
};

type Official = { readonly revision: number; readonly digest: string; readonly withdrawn: boolean };

const EMPTY_LOG: Log = {
  ...{ endOffset: 0, digest: Buffer.alloc(0), term: 0, timeline: 0 },
  ...{ terms: [], rows: [] },
};

/** The name of the one journal there is. */
export const JOURNAL_ID = "0123456789abcdef0123456789abcdef";

const ENTRIES_PER_ROW_MAX = 500;

type Row = Record<string, unknown>;
type Item = {
  kind: string;
  slot: string;
  league: string;
  gameId: string;
  epoch: number;
  number: number;
  entries: number;
  body: Buffer;
  playerId: string | null;
  digest: Buffer | null;
  flag: boolean | null;
};

/** How a server reaches a client by itself. */
type Push = (hear: () => void) => void;

/** A session of a client. */
class Session extends EventEmitter {
  readonly hears = new Set<string>();
  isOpen = true;
  readonly push: Push;
  /** Whose it is. */
  readonly owner: object;

  constructor(push: Push, owner: object) {
    super();
    this.push = push;
    this.owner = owner;
  }
}

/**
 * The journal's schema in memory: what its functions in SQL do, by the statements' names, and advisory locks
 * and notifications. The same suite as for the journal in Postgres says whether it does the same.
 */
export class SimulatedPostgres {
  readonly database: Database;
  readonly #quirks: PostgresQuirks;
  readonly #advisory = new Map<string, Session>();
  readonly #sessions = new Set<Session>();

  /** Told of each row of a log that can be seen from now on, and the digest before it. */
  onRow: ((row: LogRow, before: Buffer) => void) | undefined;

  constructor(standby: Standby, quirks: PostgresQuirks = {}) {
    this.database = new Database(standby);
    this.#quirks = quirks;
    const seen = new Set<LogRow>();
    this.database.onShow = (key, value) => {
      if (!key.startsWith("head ")) return;
      const { rows } = value as Log;
      for (const [at, row] of rows.entries()) {
        if (seen.has(row)) continue;
        seen.add(row);
        this.onRow?.(row, rows[at - 1]?.digest ?? EMPTY_LOG.digest);
      }
    };
  }

  logOf(slot: string): Log {
    return this.database.get<Log>(`head ${slot}`) ?? EMPTY_LOG;
  }

  /** The source that owns a game now. */
  ownerOf(gameId: string): string | undefined {
    return this.database.get<Gate>(`gate nba ${gameId}`)?.source;
  }

  /** A pool of connections of one process. */
  poolOver(send: Send, push: Push = queueMicrotask, owner: object = {}): pg.Pool {
    const connect = async () => {
      const session = new Session(push, owner);
      this.#sessions.add(session);
      return Object.assign(session, {
        query: async (statement: string | pg.QueryConfig) => {
          const {
            name,
            text,
            values = [],
          } = typeof statement === "string" ? { text: statement } : statement;
          const { rows, notice } = await send(name ?? shortened(text), () =>
            this.#execute(session, name ?? "", text, values),
          );
          if (notice && !this.#quirks.hidesNotices) {
            const message = "canceling wait for synchronous replication due to user request";
            session.emit("notice", { code: "01000", message });
          }
          return { rows, rowCount: rows.length };
        },
        release: (isBroken?: boolean | Error) => {
          if (isBroken) this.endSession(session);
        },
      });
    };
    const query = async (statement: pg.QueryConfig) => (await connect()).query(statement);
    return { connect, query, end: async () => {} } as unknown as pg.Pool;
  }

  /** Ends a session, and with it what it holds. */
  endSession(session: Session): void {
    session.isOpen = false;
    this.#sessions.delete(session);
    for (const [name, holder] of this.#advisory)
      if (holder === session) this.#advisory.delete(name);
  }

  /** Ends the sessions of a process whose connections broke. */
  endSessions(owner: object): void {
    for (const session of [...this.#sessions]) {
      if (session.owner !== owner) continue;
      this.endSession(session);
      session.push(() => session.emit("end"));
    }
  }

  async #execute(
    session: Session,
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows: Row[]; notice?: boolean }> {
    if (text.startsWith("listen ")) {
      session.hears.add(text.slice("listen ".length));
      return { rows: [] };
    }
    if (text.startsWith("select pg_notify")) {
      const [channel, payload] = values as string[];
      for (const other of this.#sessions) {
        if (other.hears.has(channel!))
          other.push(() => other.emit("notification", { channel, payload }));
      }
      return { rows: [] };
    }
    if (text.includes("advisory_")) {
      const [lock] = values as string[];
      const locked = !this.#advisory.has(lock!) && session.isOpen;
      if (text.includes("unlock")) this.#advisory.delete(lock!);
      else if (locked) this.#advisory.set(lock!, session);
      return { rows: [{ locked }] };
    }
    const statement = this.#statements[name];
    if (statement === undefined)
      throw new Error(`the simulation does not know the statement ${name || text}`);
    const [locks, work] = statement(values);
    const isAppend = this.#quirks.answersEarly && name === "journal_append";
    return new Promise((resolve, reject) => {
      this.database
        .transact(locks, work, isAppend ? (rows) => resolve({ rows }) : undefined)
        .then(
          ({ result, unreplicated }) => resolve({ rows: result, notice: unreplicated }),
          reject,
        );
    });
  }

  readonly #statements: Record<
    string,
    (values: readonly unknown[]) => [locks: string[], work: (transaction: Transaction) => Row[]]
  > = {
    journal_id: () => [[], () => [{ id: JOURNAL_ID }]],
    journal_fence: () => [
      [],
      (transaction) => {
        transaction.fence();
        return [{ replicated: this.database.standby === "synchronous" }];
      },
    ],
    journal_open: (values) => {
      const [league, gameId] = values;
      const key = `gate ${league} ${gameId}`;
      return [[key], (transaction) => [this.#open(transaction, key, values as string[])]];
    },
    journal_append: (values) => {
      const items = itemsOf(values as Buffer[]);
      const locks = items.flatMap(({ slot, league, gameId }) => [
        `head ${slot}`,
        `gate ${league} ${gameId}`,
      ]);
      return [locks, (transaction) => this.#append(transaction, items)];
    },
    journal_read: ([slot, from, to, count]) => [
      [],
      (transaction) =>
        logIn(transaction, String(slot))
          .rows.filter((row) => row.first_offset >= Number(from) && row.first_offset < Number(to))
          .slice(0, Number(count)),
    ],
    journal_heads: () => [
      [],
      (transaction) =>
        [...this.database.keys()]
          .filter((key) => key.startsWith("head "))
          .map((key) => {
            const { endOffset, digest, term, rows } = logIn(transaction, key.slice("head ".length));
            const recorded_at = rows.at(-1)?.recorded_at ?? Number.NEGATIVE_INFINITY;
            return {
              slot: key.slice("head ".length),
              end_offset: endOffset,
              digest,
              term,
              recorded_at,
            };
          }),
    ],
    journal_terms: ([slot]) => [
      [],
      (transaction) =>
        logIn(transaction, String(slot)).terms.map(([term, first_offset]) => ({
          term,
          first_offset,
        })),
    ],
    journal_slot: ([league, gameId]) => [
      [],
      (transaction) => {
        const gate = transaction.get<Gate>(`gate ${league} ${gameId}`);
        return gate === undefined ? [] : [{ slot: gate.slot }];
      },
    ],
    journal_officials: ([league, gameId]) => [
      [],
      (transaction) =>
        Object.entries(officialsIn(transaction, `${league} ${gameId}`))
          .filter(([, { withdrawn }]) => !withdrawn)
          .map(([player_id]) => ({ player_id })),
    ],
  };

  #open(transaction: Transaction, key: string, values: readonly (string | boolean)[]): Row {
    const [, , slot, source, instance, takeOver] = values as [
      string,
      string,
      string,
      string,
      string,
      boolean,
    ];
    if (!this.#quirks.opensUnfenced) transaction.fence();
    const gate = transaction.get<Gate>(key) ?? newGate(slot);
    const { endOffset, term } = logIn(transaction, gate.slot);
    const replicated = this.database.standby === "synchronous";
    const known = { end_offset: endOffset, term, replicated };
    if (gate.slot !== slot) return { ...known, verdict: "wrong_slot", owner: gate.slot };
    if (gate.source === source && gate.instance === instance && !takeOver) {
      return { ...known, verdict: "open", epoch: gate.epoch, next_number: gate.next };
    }
    if (gate.source !== undefined && !takeOver) {
      return { ...known, verdict: "not_owner", owner: gate.source };
    }
    const epoch = gate.epoch + 1;
    transaction.put(key, { ...gate, source, instance, epoch, next: 1 });
    return { ...known, verdict: "open", epoch, next_number: 1 };
  }

  #append(transaction: Transaction, items: readonly Item[]): Row[] {
    const answers: Row[] = [];
    const replicated = this.database.standby === "synchronous";
    for (const slot of [...new Set(items.map((item) => item.slot))].sort()) {
      let log = logIn(transaction, slot);
      let pending: Buffer[] = [];
      let count = 0;
      const put = () => {
        if (count > 0) log = this.#put(log, Buffer.concat(pending), count);
        [pending, count] = [[], 0];
      };
      for (const [at, item] of items.entries()) {
        if (item.slot !== slot) continue;
        const { verdict, ...more } = this.#verdict(transaction, item);
        let first_offset: number | null = null;
        if (verdict === "appended") {
          if (count + item.entries > ENTRIES_PER_ROW_MAX) put();
          first_offset = log.endOffset + count;
          pending.push(item.body);
          count += item.entries;
        } else if (!this.#quirks.repeatsUnfenced) transaction.fence();
        const term = count > 0 ? this.#termOf(log) : log.term;
        answers[at] = {
          verdict,
          ...more,
          first_offset,
          end_offset: log.endOffset + count,
          term,
          replicated,
        };
      }
      put();
      if (log !== logIn(transaction, slot)) transaction.put(`head ${slot}`, log);
    }
    return answers;
  }

  #verdict(transaction: Transaction, item: Item) {
    const { kind, slot, league, gameId, epoch, number, entries, playerId, digest, flag } = item;
    const key = `gate ${league} ${gameId}`;
    const gate = transaction.get<Gate>(key) ?? newGate(slot);
    const officials = officialsIn(transaction, `${league} ${gameId}`);
    const answer = (verdict: string, expected: number | null = null) => ({
      ...{ verdict, expected, present_epoch: gate.epoch },
      officials: gate.final && Object.keys(officials).length > 0,
    });
    if (gate.slot !== slot) return answer("wrong_slot");
    if (kind === "lines" || kind === "record") {
      const isFormer = epoch < gate.epoch && this.#quirks.takesFormerEpochs;
      if (isFormer) return answer("appended", gate.next);
      if (epoch !== gate.epoch) return answer("fenced", gate.next);
      if (number < gate.next) return answer("duplicate", gate.next);
      if (kind === "lines" && number > gate.next) return answer("gap", gate.next);
      transaction.put(key, { ...gate, next: number + (kind === "lines" ? entries : 1) });
      return answer("appended", gate.next);
    }
    if (kind === "facts") {
      if (number <= gate.factsRevision) return answer("duplicate", gate.factsRevision + 1);
      transaction.put(key, { ...gate, factsRevision: number, final: flag ?? gate.final });
      return answer("appended", gate.factsRevision + 1);
    }
    if (!gate.final) return answer("not_final");
    const known = officials[playerId!];
    const hex = digest!.toString("hex");
    if (known !== undefined && known.revision >= number) return answer("duplicate");
    const newest = {
      ...officials,
      [playerId!]: { revision: number, digest: hex, withdrawn: flag },
    };
    transaction.put(`officials ${league} ${gameId}`, newest);
    return answer(known?.digest === hex ? "unchanged" : "appended");
  }

  /** The term of what is appended now. */
  #termOf({ term, timeline }: Log): number {
    const now = this.database.timeline;
    if (timeline === now) return term;
    return this.#quirks.countsTerms ? term + 1 : Math.max(term + 1, now);
  }

  #put(log: Log, body: Buffer, entries: number): Log {
    const { timeline } = this.database;
    const term = this.#termOf(log);
    const isNew = term !== log.term;
    const digest = createHash("sha256").update(log.digest).update(body).digest();
    const recorded_at = new Date(Math.max(Number(log.rows.at(-1)?.recorded_at ?? 0), Date.now()));
    const row = { first_offset: log.endOffset, entries, recorded_at, term, digest, body };
    return {
      ...{ endOffset: log.endOffset + entries, digest, term, timeline },
      terms: isNew ? [...log.terms, [term, log.endOffset]] : log.terms,
      rows: [...log.rows, row],
    };
  }
}

function newGate(slot: string): Gate {
  const unowned = { source: undefined, instance: undefined, epoch: 0, next: 1 };
  return { slot, ...unowned, factsRevision: 0, final: false };
}

function logIn(transaction: Transaction, slot: string): Log {
  return transaction.get<Log>(`head ${slot}`) ?? EMPTY_LOG;
}

function officialsIn(transaction: Transaction, game: string): Record<string, Official> {
  return transaction.get<Record<string, Official>>(`officials ${game}`) ?? {};
}

const COLUMNS = [
  ...[
    "kind",
    "slot",
    "league",
    "gameId",
    "epoch",
    "number",
    "entries",
    "body",
    "playerId",
    "digest",
  ],
  "flag",
] as const;

function itemsOf(columns: readonly Buffer[]): Item[] {
  const values = columns.map(valuesIn);
  return (values[0] ?? []).map((_, at) =>
    Object.fromEntries(COLUMNS.map((name, column) => [name, values[column]?.[at]])),
  ) as Item[];
}

/** The values of an array as node-postgres sends it in binary; the numbers are those of pg_type. */
function valuesIn(array: Buffer): unknown[] {
  const [type, count] = [array.readInt32BE(8), array.readInt32BE(12)];
  const values: unknown[] = [];
  let at = 20;
  for (let place = 0; place < count; place += 1) {
    const length = array.readInt32BE(at);
    at += 4;
    const bytes = array.subarray(at, at + Math.max(0, length));
    at += bytes.length;
    if (length < 0) values.push(null);
    else if (type === 25) values.push(bytes.toString());
    else if (type === 20) values.push(Number(bytes.readBigInt64BE()));
    else if (type === 23) values.push(bytes.readInt32BE());
    else if (type === 16) values.push(bytes[0] === 1);
    else values.push(Buffer.from(bytes));
  }
  return values;
}

function shortened(text: string): string {
  return text.trim().split("(")[0] ?? "";
}
