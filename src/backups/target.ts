import type { Readable } from 'node:stream';
import { folderTarget } from './folder-target.ts';

/** Where backups are kept. */
export interface BackupTarget {
  /** As messages name it. */
  readonly description: string;
  /** Stores bytes under a name, whole or not at all. */
  put(name: string, bytes: Readable): Promise<void>;
  /** @throws GatewayError NOT_FOUND when there is nothing of this name. */
  get(name: string): Promise<Readable>;
  names(): Promise<string[]>;
  remove(name: string): Promise<void>;
}

/** `s3://bucket/prefix`, or a folder. */
export async function openTarget(location: string, s3Endpoint?: string): Promise<BackupTarget> {
  if (!location.startsWith('s3://')) return folderTarget(location);
  // Loaded only here: AWS' packages take longer to load than the rest of the command.
  const { s3Target } = await import('./s3-target.ts');
  return s3Target(new URL(location), s3Endpoint);
}
