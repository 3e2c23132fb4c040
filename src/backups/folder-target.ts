import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../errors.ts';
import type { BackupTarget } from './target.ts';

export function folderTarget(location: string): BackupTarget {
  const folder = resolve(location);
  return {
    description: folder,
    async put(name, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const partial = join(folder, `.${name}.partial`);
      try {
        // Not for others to read, and on the disk before it has its name.
        await pipeline(bytes, createWriteStream(partial, { mode: 0o600, flush: true }));
        await rename(partial, join(folder, name));
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    },
    async get(name) {
      try {
        const file = await open(join(folder, name));
        return file.createReadStream();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        throw new GatewayError('NOT_FOUND', `There is no ${name} in ${folder}.`);
      }
    },
    async names() {
      return readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
    },
    remove: (name) => rm(join(folder, name), { force: true }),
  };
}
