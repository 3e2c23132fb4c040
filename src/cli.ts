#!/usr/bin/env node
import { Command } from 'commander';
import { backupCommand } from './cli/backup.ts';
import { cacheCommand } from './cli/cache.ts';
import { exportCommand } from './cli/export.ts';
import { importCommand } from './cli/import.ts';
import { importsCommand } from './cli/imports.ts';
import { keysCommand } from './cli/keys.ts';
import { pruneCommand } from './cli/prune.ts';
import { restoreCommand } from './cli/restore.ts';
import { runCommand } from './cli/run-command.ts';
import { seedCommand } from './cli/seed.ts';
import { verifyCommand } from './cli/verify.ts';

const program = new Command('measurement-app')
  .description(
    'Air-quality measurement gateway. Settings come from the environment and .env; see docs/configuration.md.',
  )
  .addCommand(exportCommand())
  .addCommand(importCommand())
  .addCommand(importsCommand())
  .addCommand(seedCommand('seed'))
  .addCommand(pruneCommand())
  .addCommand(keysCommand())
  .addCommand(cacheCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand())
  .addCommand(verifyCommand());

process.exitCode = await runCommand(program, process.argv.slice(2));
