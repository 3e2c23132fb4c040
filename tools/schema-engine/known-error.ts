import type { Target } from './target.ts';

/** An error with a code of Prisma's (P1001, P3018, …), which its CLI prints as it is and partly acts on. */
export class KnownError extends Error {
  override readonly name = 'KnownError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Why a database could not be connected to, created or dropped, in Prisma's codes and words. */
export function connectionError(thrown: unknown, target: Target): KnownError {
  if (thrown instanceof KnownError) return thrown;
  const { code = '', message = String(thrown) } = thrown as { code?: string; message?: string };
  const { host, port, user, database } = target;
  const server = `\`${host}:${port}\``;
  if (code === '28P01' || message.startsWith('SASL')) {
    return new KnownError(
      'P1000',
      `Authentication failed against database server at \`${host}\`, the provided database credentials for ` +
        `\`${user}\` are not valid.\n\n` +
        `Please make sure to provide valid database credentials for the database server at \`${host}\`.`,
    );
  }
  if (code === '3D000') {
    return new KnownError(
      'P1003',
      `Database \`${database}\` does not exist on the database server at ${server}.`,
    );
  }
  // Two CREATE DATABASE at once collide in the catalogue's unique index.
  if (code === '42P04' || code === '23505') {
    return new KnownError(
      'P1009',
      `Database \`${database}\` already exists on the database server at ${server}`,
    );
  }
  if (code === '28000' || code === '42501') {
    return new KnownError(
      'P1010',
      `User \`${user}\` was denied access on the database \`${database}\` (${message})`,
    );
  }
  if (/^E[A-Z]+$|^EAI_/.test(code) || /timeout/.test(message)) {
    return new KnownError(
      'P1001',
      `Can't reach database server at ${server}\n\n` +
        `Please make sure your database server is running at ${server}.`,
    );
  }
  if (/SSL|TLS|certificate/.test(message)) {
    return new KnownError('P1011', `Error opening a TLS connection: ${message}`);
  }
  return new KnownError(code || 'P1001', `${message} (database server at ${server})`);
}

/** Why there is no shadow database: mostly a role that may not create databases. */
export function shadowDatabaseError({ message }: Error): KnownError {
  return new KnownError(
    'P3014',
    'Prisma Migrate could not create the shadow database. Please make sure the database user has permission to ' +
      'create databases. Read more about the shadow database (and workarounds) at ' +
      `https://pris.ly/d/migrate-shadow\n\nOriginal error: ${message}`,
  );
}
