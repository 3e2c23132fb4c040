const waiting: (() => void)[] = [];
let scheduled = false;

/**
 * Calls `proceed` when it is its turn: one export moves on by one chunk in each turn of the event loop, however many
 * there are, so that pages and other small requests get theirs in between.
 */
export function takeTurn(proceed: () => void): void {
  waiting.push(proceed);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}
