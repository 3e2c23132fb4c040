/**
 * What `prisma.config.ts` names as the database when none is configured: Prisma wants a URL before any server
 * runs, and the embedded server knows its own only once it does. Nothing can ever answer at a name in `.invalid`.
 */
export const EMBEDDED_DATABASE_URL = 'postgresql://measurement@embedded.invalid/measurement';
