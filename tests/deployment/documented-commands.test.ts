import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { settings } from '../../src/config.ts';
import { runNode } from '../fixtures/run-command.ts';

const root = resolve(import.meta.dirname, '../..');

describe('docs on deployment and backups', () => {
  const pages = new Map<string, string>();

  before(async () => {
    for (const name of await readdir(resolve(root, 'docs'))) {
      if (!/^(deploy-.*|backup|verified)\.md$/.test(name)) continue;
      pages.set(name, await readFile(resolve(root, 'docs', name), 'utf8'));
    }
  });

  it('name files and folders that are there', async () => {
    for (const [page, text] of pages) {
      for (const [, path = ''] of text.matchAll(
        /(?<![\w/.-])((?:k8s|kustomize|tools|terraform|tests|bench|observability|\.github)\/[\w./*-]*[\w*])/g,
      )) {
        // Made by the reader.
        if (path.endsWith('/secrets.env') || path.includes('*')) continue;
        await stat(resolve(root, path)).catch(() => assert.fail(`${page}: ${path} does not exist`));
      }
      for (const [, path = ''] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
        await stat(resolve(root, 'docs', path)).catch(() => assert.fail(`${page}: ${path} does not exist`));
      }
    }
  });

  it('name commands and settings that are there', async () => {
    const { stdout } = await runNode(['src/cli.ts', '--help']);
    for (const [page, text] of pages) {
      for (const [, command = ''] of text.matchAll(
        /measurement-app (?:.* )?(backup|verify|restore|import|export|seed)\b/g,
      )) {
        assert.match(stdout, new RegExp(`^  ${command} `, 'm'), `${page}: ${command}`);
      }
      for (const [, name = ''] of text.matchAll(/\b(BACKUP_[A-Z0-9_]+|DATABASE_URL|REDIS_URL)\b/g)) {
        assert.ok(name in settings.shape, `${page}: ${name}`);
      }
    }
  });
});
