/** Exports that wait to move on by one chunk. */
const waiting: (() => void)[] = [];
let scheduled = false;
/** Small requests that are being answered, by when they came. */
const urgent = new Set<{ readonly since: number }>();

/**
 * While a small request is being answered, all exports together move on by one chunk in so many ms: 32 MB/s. What is not
 * read fills the buffers of the network, PostgreSQL stops working on the exports and has its processors for the request.
 */
const yieldMs = 2;
/** A request that takes longer than this is not small, and holds nobody up any more. */
const urgentMs = 100;

/**
 * Calls `proceed` when it is its turn: one export moves on by one chunk in each turn of the event loop, however many
 * there are.
 */
export function takeTurn(proceed: () => void): void {
  waiting.push(proceed);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  if (isAnyoneUrgent()) setTimeout(turn, yieldMs);
  else setImmediate(turn);
}

function turn(): void {
  scheduled = false;
  waiting.shift()?.();
  if (waiting.length > 0) schedule();
}

/**
 * Makes exports step back for a request that a client waits for.
 * @returns to be called when it is answered, or turns out to be an export itself; calling it again does nothing
 */
export function holdExportsBack(): () => void {
  const request = { since: performance.now() };
  urgent.add(request);
  return () => void urgent.delete(request);
}

function isAnyoneUrgent(): boolean {
  const earliest = performance.now() - urgentMs;
  // In the order in which they came: those that take too long stand first.
  for (const request of urgent) {
    if (request.since >= earliest) return true;
    urgent.delete(request);
  }
  return false;
}
