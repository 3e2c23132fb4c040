import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { GatewayError } from '../errors.ts';

/**
 * Encryption in the age format: what is stored can be read with the `age` program, too, should this one be lost. It is
 * authenticated in pieces, so nothing that was changed is ever passed on.
 */
export async function encrypted(bytes: Readable, passphrase: string): Promise<Readable> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return fromWeb(await encrypter.encrypt(toWeb(bytes)));
}

/** @throws GatewayError INVALID_ARGUMENT when the passphrase is not the one. */
export async function decrypted(bytes: Readable, passphrase: string): Promise<Readable> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return fromWeb(await decrypter.decrypt(toWeb(bytes)));
  } catch {
    bytes.destroy();
    throw new GatewayError('INVALID_ARGUMENT', 'The backup does not open with BACKUP_PASSPHRASE.', {
      hint: 'It needs the passphrase that was set when it was made.',
    });
  }
}

// Node's and the DOM's types of the same web streams differ in name only.
function toWeb(bytes: Readable): globalThis.ReadableStream<Uint8Array> {
  return Readable.toWeb(bytes) as unknown as globalThis.ReadableStream<Uint8Array>;
}

function fromWeb(stream: globalThis.ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(stream as unknown as ReadableStream<Uint8Array>);
}
