import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../errors.ts';
import { digester } from './digest.ts';
import { decrypted } from './encryption.ts';
import type { Manifest } from './manifest.ts';
import type { BackupTarget } from './target.ts';

/** The dump as pg_dump wrote it. */
export async function openBackup(
  target: BackupTarget,
  manifest: Manifest,
  passphrase: string | undefined,
): Promise<Readable> {
  if (!manifest.encrypted) return target.get(manifest.name);
  if (passphrase === undefined) {
    throw new GatewayError('INVALID_ARGUMENT', `${manifest.name} is encrypted: BACKUP_PASSPHRASE is needed.`);
  }
  return decrypted(await target.get(manifest.name), passphrase);
}

/** @throws GatewayError CONFLICT when the stored bytes are not those of the manifest. */
export async function assertIntact(target: BackupTarget, manifest: Manifest): Promise<void> {
  const { stream, result } = digester();
  await pipeline(await target.get(manifest.name), stream.resume());
  const { bytes, sha256 } = result();
  if (bytes === manifest.bytes && sha256 === manifest.sha256) return;
  throw new GatewayError('CONFLICT', `${manifest.name} is damaged: it is not what was stored.`, {
    hint: `Stored were ${manifest.bytes} bytes of SHA-256 ${manifest.sha256}; read were ${bytes} of ${sha256}.`,
  });
}
