import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { resolve } from 'node:path';

export interface BenchRow {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  /** Null where the issue names no target. */
  readonly met: boolean | null;
}

export interface BenchTable {
  readonly title: string;
  /** What was measured, against what, how often. */
  readonly method: string;
  readonly rows: readonly BenchRow[];
}

const file = resolve(import.meta.dirname, 'RESULTS.md');
const introduction = `# Benchmark results

Written by \`npm run bench\`; never edited by hand. Ratios compare runs of the same minute on the same machine.
`;

/** Prints a table and puts it into RESULTS.md in the place of the one that stood under its title. */
export function report({ title, method, rows }: BenchTable): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()} ${arch()}`;
  const section = [
    `## ${title}`,
    '',
    `${new Date().toISOString().slice(0, 10)}, ${machine}; Node ${process.versions.node}, PostgreSQL 18 (embedded).`,
    '',
    method,
    '',
    '| what | result | target | met |',
    '|---|---|---|---|',
    ...rows.map(
      ({ what, figure, target, met }) =>
        `| ${what} | ${figure} | ${target} | ${met === null ? '' : met ? 'yes' : '**no**'} |`,
    ),
    '',
  ].join('\n');
  console.log(`\n${section}`);
  let before = introduction;
  try {
    before = readFileSync(file, 'utf8');
  } catch {
    // The first run makes the file.
  }
  const sections = before.split(/^(?=## )/m).filter((text) => !text.startsWith(`## ${title}\n`));
  writeFileSync(file, `${sections.map((text) => text.trimEnd()).join('\n\n')}\n\n${section}`);
}
