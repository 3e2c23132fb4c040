#!/usr/bin/env node
/**
 * Writes the generated parts of README.md: the parameter table from the schema that validates requests, and the examples
 * with the output of a gateway on freshly simulated data. `--check` compares the table; the examples have a test.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import type { z } from 'zod';
import { loadConfig } from '../src/config.ts';
import { startGateway } from '../src/gateway.ts';
import { airQualityQuery } from '../src/rest/air-quality.ts';
import { described } from '../src/rest/openapi.ts';
import type { Resource } from '../src/shutdown.ts';
import { readmeExample, readmeExamples } from './readme-examples.ts';
import { runExample } from './run-readme-example.ts';

const file = resolve(import.meta.dirname, '../README.md');

function replacePart(text: string, name: string, content: string): string {
  const part = new RegExp(`(<!-- ${name}:begin -->\n)[^]*?(<!-- ${name}:end -->)`);
  return text.replace(part, (_, begin, end) => `${begin}${content}\n${end}`);
}

function parameterTable(): string {
  const rows = Object.entries(airQualityQuery.shape).map(([name, schema]) => {
    const { description, examples } = described(schema as z.ZodType);
    const example = examples[0] === undefined ? '' : `\`${name}=${examples[0]}\``;
    return `| \`${name}\` | ${description.replaceAll('|', '\\|')} | ${example.replaceAll('|', '\\|')} |`;
  });
  return ['| parameter | meaning | example |', '|---|---|---|', ...rows].join('\n');
}

async function examples(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'readme-'));
  const resources: Resource[] = [];
  try {
    const config = loadConfig({ DATA_DIRECTORY: directory, PORT: '0', HOST: '127.0.0.1', METRICS_PORT: '0' });
    const url = await startGateway(config, pino({ level: 'silent' }), resources);
    const shown: string[] = [];
    for (const { title, command } of readmeExamples) {
      shown.push(readmeExample(title, command, await runExample(command, url)));
    }
    return shown.join('\n\n');
  } finally {
    for (const resource of resources.toReversed()) {
      resource.cut?.();
      await resource.close();
    }
    rmSync(directory, { recursive: true });
  }
}

const before = readFileSync(file, 'utf8');
const withTable = replacePart(before, 'parameters', parameterTable());
if (process.argv.includes('--check')) {
  if (withTable !== before) {
    console.error('The parameter table of README.md is not up to date: run `npm run docs:readme`.');
    process.exit(1);
  }
} else {
  writeFileSync(file, replacePart(withTable, 'examples', await examples()));
}
