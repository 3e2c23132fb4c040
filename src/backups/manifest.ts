import { z } from 'zod';

/** What is known of a backup, kept beside it as `<name>.json`. It is written last: without it a backup is unfinished. */
export const manifestSchema = z.object({
  name: z.string(),
  createdAt: z.iso.datetime(),
  /** Bytes as stored, and their digest: a copy can be checked without the passphrase. */
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  encrypted: z.boolean(),
  /** Of the server that was backed up; an older one may not take it. */
  serverVersion: z.string(),
  /** What a restored database must hold: read in the very snapshot that was dumped. */
  datasetVersion: z.string().regex(/^\d+$/),
  measurements: z.int().nonnegative(),
  stations: z.int().nonnegative(),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** The manifest's own name; the dump is at `name`. */
export function manifestName(name: string): string {
  return `${name}.json`;
}

/** Sorts by time and works as a file name and an object key everywhere: `measurement-20261124T080000123Z.dump`. */
export function backupName(at: Date, encrypted: boolean): string {
  return `measurement-${at.toISOString().replaceAll(/[-:.]/g, '')}.dump${encrypted ? '.age' : ''}`;
}

/** Whether a name at a target is a dump of ours; whatever else lies there is left alone. */
export function isBackupName(name: string): boolean {
  return /^measurement-\d{8}T\d{9}Z\.dump(\.age)?$/.test(name);
}
