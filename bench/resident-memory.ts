import { readFileSync, writeFileSync } from 'node:fs';

const kibibytes = (pid: number, field: 'VmRSS' | 'VmHWM') =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** MiB by which a process' resident memory peaks above where it was before `work` (Linux). */
export async function memoryGrowth(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = kibibytes(pid, 'VmRSS');
  // 5 resets the high-water mark (proc(5)).
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  await work();
  return (kibibytes(pid, 'VmHWM') - before) / 1024;
}
