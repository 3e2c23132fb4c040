import { Presets, SingleBar } from 'cli-progress';
import type { ExportFormat } from '../measurements/export.ts';

export interface ExportProgress {
  update(chunk: Buffer, format: ExportFormat): void;
  /** @param summary told as the last line, when there is one */
  end(summary: string): void;
}

const logEveryMs = 5_000;

/**
 * Rows, rate and remaining time on a terminal; a line every five seconds elsewhere. Both on standard error, since rows may
 * go to standard output.
 * @param count gives the number of rows to come, when that can be known; asked only for a bar
 */
export function exportProgress(
  count: (() => Promise<number>) | undefined,
  limit: number | undefined,
  output: NodeJS.WriteStream = process.stderr,
): ExportProgress {
  const started = performance.now();
  let rows = 0;
  let bytes = 0;
  let lastLine = started;
  const bar = output.isTTY ? startBar(count, limit, output) : undefined;
  const rate = () =>
    Math.round(rows / Math.max(0.001, (performance.now() - started) / 1000)).toLocaleString('en');

  return {
    update(chunk, format) {
      bytes += chunk.length;
      // Columnar formats have no lines to count.
      if (format !== 'arrow' && format !== 'parquet') rows += countLines(chunk);
      const megabytes = (bytes / 1e6).toFixed(1);
      bar?.update(rows, { rate: rate(), megabytes });
      if (bar !== undefined || performance.now() - lastLine < logEveryMs) return;
      lastLine = performance.now();
      output.write(`${rows.toLocaleString('en')} rows, ${rate()} rows/s, ${megabytes} MB\n`);
    },
    end(summary) {
      bar?.stop();
      if (summary !== '') output.write(`${summary}\n`);
    },
  };
}

function startBar(
  count: (() => Promise<number>) | undefined,
  limit: number | undefined,
  stream: NodeJS.WriteStream,
): SingleBar {
  const bar = new SingleBar(
    {
      format: '[{bar}] {value}/{total} rows | {rate} rows/s | {megabytes} MB | {eta_formatted} left',
      stream,
      clearOnComplete: true,
      etaBuffer: 50,
    },
    Presets.legacy,
  );
  bar.start(limit ?? 0, 0, { rate: '0', megabytes: '0.0' });
  // Known while the rows are flowing; without it there is a bar that shows no end.
  count?.()
    .then((total) => bar.setTotal(limit === undefined ? total : Math.min(limit, total)))
    .catch(() => {});
  return bar;
}

function countLines(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
  return lines;
}
