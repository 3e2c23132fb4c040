import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes read from the network between two collections. */
const interval = 8 * 1024 * 1024;
let sinceCollection = 0;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
setFlagsFromString('--no-expose-gc');

/**
 * Each read of a socket has a buffer of its own, outside V8's heap. An export makes thousands of them and hardly any
 * object beside them, so that V8 sees no reason to collect before 64 MB of dead buffers have piled up. A collection of
 * the young generation, well under a millisecond, frees them in time.
 */
export function countNetworkBytes(count: number): void {
  sinceCollection += count;
  if (sinceCollection < interval) return;
  sinceCollection = 0;
  collect({ type: 'minor' });
}
