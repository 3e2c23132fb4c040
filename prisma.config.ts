import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'prisma/config';
import { EMBEDDED_DATABASE_URL } from './tools/schema-engine/embedded-url.ts';

const root = import.meta.dirname;

const environmentFile = resolve(root, '.env');
if (existsSync(environmentFile)) process.loadEnvFile(environmentFile);

// Prisma would download its native engine otherwise; docs/adr/0002-schema-engine-from-npm.md.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= resolve(root, 'tools/schema-engine/schema-engine.ts');

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'node prisma/seed.ts' },
  datasource: { url: process.env.DATABASE_URL || process.env.DB_URI || EMBEDDED_DATABASE_URL },
});
