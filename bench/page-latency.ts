import { performance } from 'node:perf_hooks';

/**
 * Milliseconds of pages asked one after the other until `until` resolves. Every page is another one, so that no cache
 * answers.
 */
export async function pageLatencies(url: string, until: Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  let over = false;
  void until.finally(() => {
    over = true;
  });
  const first = Date.parse('2016-10-02T00:00:00Z');
  for (let page = 0; !over; page++) {
    const from = new Date(first + page * 900_000 + (Date.now() % 900)).toISOString();
    const start = performance.now();
    const response = await fetch(`${url}?from=${from}&limit=100`);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`A page was answered ${response.status}.`);
    latencies.push(performance.now() - start);
  }
  return latencies;
}
