/** A map of bounded size: what was asked for or set longest ago goes first. */
export class Recent<Key, Value> {
  readonly #values = new Map<Key, Value>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    // Taken out and put back, so that it is the newest.
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#max) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  setAll(values: Iterable<readonly [Key, Value]>): void {
    for (const [key, value] of values) this.set(key, value);
  }

  delete(key: Key): void {
    this.#values.delete(key);
  }
}

/** Values by key: those that are known, and the rest as `load` finds them, which may leave some out. */
export async function known<Value>(
  recent: Recent<string, Value>,
  keys: Iterable<string>,
  load: (missing: string[]) => Promise<ReadonlyMap<string, Value>>,
): Promise<Map<string, Value>> {
  const found = new Map<string, Value>();
  const missing: string[] = [];
  for (const key of keys) {
    const value = recent.get(key);
    if (value === undefined) missing.push(key);
    else found.set(key, value);
  }
  if (missing.length === 0) return found;
  for (const [key, value] of await load(missing)) found.set(key, value);
  return found;
}
