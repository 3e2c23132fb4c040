import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Prepared statements that one connection holds at most by this; each keeps a plan over all months in its memory. */
const namedMax = 16;
/** A statement is worth preparing once it was asked for so often. */
const askedBefore = 4;

/**
 * Names the statements that are asked for again and again, so that PostgreSQL plans them once a connection: over a table of
 * many months planning takes longer than reading a page. Statements come in endless shapes; the rest stay unnamed.
 */
export function createStatementNames(): (text: string) => { readonly text: string; readonly name?: string } {
  const named = new Map<string, string>();
  const asked = new LRUCache<string, number>({ max: 500 });
  return (text) => {
    const known = named.get(text);
    if (known !== undefined) return { text, name: known };
    const times = (asked.get(text) ?? 0) + 1;
    if (times <= askedBefore || named.size >= namedMax) {
      asked.set(text, times);
      return { text };
    }
    const name = `measurement-${createHash('sha256').update(text).digest('hex').slice(0, 20)}`;
    named.set(text, name);
    return { text, name };
  };
}
