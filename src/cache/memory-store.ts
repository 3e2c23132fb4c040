import { Keyv } from 'keyv';
import { LRUCache } from 'lru-cache';
import type { CacheStore } from './store.ts';

interface Entry {
  readonly value?: unknown;
  readonly expires?: number | undefined;
}

/** Entries in the memory of this process; what was not used for the longest time goes first when they get too big. */
export function createMemoryStore(bytesMax: number): CacheStore {
  const entries = new LRUCache<string, Entry>({
    maxSize: bytesMax,
    // Two bytes a character at worst, and a little for the entry itself.
    sizeCalculation: ({ value }, key) => 200 + 2 * (key.length + String(value).length),
  });
  // Expiry is Keyv's; what it forgets leaves here by age.
  const store = {
    get: (name: string) => entries.get(name),
    set: (name: string, entry: Entry) => void entries.set(name, entry),
    delete: (name: string) => entries.delete(name),
    clear: () => entries.clear(),
  };
  return {
    name: 'memory',
    // Without serialisation: the entries stay what they are.
    open: (namespace) =>
      new Keyv<string>({
        // A copy, since Keyv writes the namespace onto the store.
        store: { ...store },
        namespace,
        throwOnErrors: true,
        serialize: undefined as never,
        deserialize: undefined as never,
      }),
    async clear(prefix) {
      const names = [...entries.keys()].filter((name) => name.startsWith(prefix));
      for (const name of names) entries.delete(name);
      return names.length;
    },
    async close() {
      entries.clear();
    },
  };
}
