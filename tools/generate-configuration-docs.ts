#!/usr/bin/env node
/** Writes docs/configuration.md from the settings in src/config.ts. `--check` fails when the page is not up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { settings } from '../src/config.ts';

const page = resolve(import.meta.dirname, '../docs/configuration.md');

const { properties = {} } = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' });
const rows = Object.entries(properties).map(([name, property]) => {
  const { default: fallback, description } = property as { default?: unknown; description?: string };
  const shown = fallback === undefined || fallback === '' ? '' : `\`${String(fallback)}\``;
  return `| \`${name}\` | ${shown} | ${description?.replaceAll('|', '\\|')} |`;
});
const text = `# Configuration

Environment variables; a \`.env\` in the checkout is read too, variables that are already set win. An empty variable counts as
not set. Every problem is named at once when the gateway starts, and ends it with exit code 2.

| variable | default | meaning |
|---|---|---|
${rows.join('\n')}

OpenTelemetry reads its own standard variables (\`OTEL_EXPORTER_OTLP_ENDPOINT\`, \`OTEL_TRACES_SAMPLER\`, …). This table is
written by \`npm run docs:configuration\` from src/config.ts.
`;

if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error('docs/configuration.md is not what src/config.ts says: run `npm run docs:configuration`.');
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
}
