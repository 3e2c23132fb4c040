import { Presets, SingleBar } from 'cli-progress';
import type { ImportProgress } from '../imports/import-measurements.ts';

export interface ProgressDisplay {
  begin(source: string): void;
  readonly update: (progress: ImportProgress) => void;
  end(): void;
}

const phaseWords = { staging: 'reading', validating: 'checking', merging: 'storing' } as const;
const logEveryMs = 5_000;

/** A progress bar on a terminal; a line every five seconds and at each phase elsewhere. Both on standard error. */
export function importProgress(output: NodeJS.WriteStream = process.stderr): ProgressDisplay {
  return output.isTTY ? progressBar(output) : progressLines(output);
}

function progressBar(output: NodeJS.WriteStream): ProgressDisplay {
  const bar = new SingleBar(
    {
      format: '{phase} [{bar}] {percentage}% | {lines} lines | {duration_formatted}',
      stream: output,
      clearOnComplete: true,
    },
    Presets.legacy,
  );
  return {
    begin() {
      bar.start(100, 0, { phase: phaseWords.staging, lines: 0 });
    },
    update({ phase, bytesRead, size, lines }) {
      bar.update(percentage(phase, bytesRead, size), {
        phase: phaseWords[phase],
        lines: lines.toLocaleString('en'),
      });
    },
    end() {
      bar.stop();
    },
  };
}

/** Reading is counted; what follows it takes about as long and is not. */
function percentage(phase: ImportProgress['phase'], bytesRead: number, size: number | undefined): number {
  if (phase === 'validating') return 50;
  if (phase === 'merging') return 70;
  return size === undefined ? 0 : Math.min(50, Math.floor((50 * bytesRead) / Math.max(size, 1)));
}

function progressLines(output: NodeJS.WriteStream): ProgressDisplay {
  let phase: string | undefined;
  let last = 0;
  return {
    begin(source) {
      output.write(`importing ${source}\n`);
    },
    update(progress) {
      if (progress.phase === phase && Date.now() - last < logEveryMs) return;
      const first = phase === undefined;
      phase = progress.phase;
      last = Date.now();
      if (first) return;
      const share =
        progress.size === undefined
          ? ''
          : ` (${Math.min(100, Math.floor((100 * progress.bytesRead) / Math.max(1, progress.size)))} %)`;
      output.write(
        `${phaseWords[progress.phase]}: ${progress.lines} lines${progress.phase === 'staging' ? share : ''}\n`,
      );
    },
    end() {},
  };
}
