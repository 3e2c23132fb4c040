import type { Keyv } from 'keyv';

/** Where namespaces of the cache live. */
export interface CacheStore {
  /** For the log: what it is. */
  readonly name: string;
  open(namespace: string): Keyv<string>;
  /**
   * Removes every entry whose full name, `<namespace>:<key>`, starts with `prefix`; all of them for ''.
   * @returns how many there were
   * @throws when the store does not answer
   */
  clear(prefix: string): Promise<number>;
  close(): Promise<void>;
}
