import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { createApiKey, listApiKeys, revokeApiKey, type Scope, scopes } from '../keys/api-keys.ts';
import { withDatabase } from './with-database.ts';

/** `measurement-app keys create|list|revoke`: the API keys. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('API keys: who may write, and read where reading is closed.')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('Makes a key and shows it, this once.')
    .argument('<name>', 'whom or what it is for')
    .option('--scope <scopes>', `comma-separated: ${scopes.join(', ')}`, scopeList, ['read', 'write'])
    .action(async (name: string, { scope }: { scope: Scope[] }) => {
      process.exitCode = await withDatabase(async ({ prisma }) => {
        const { key } = await createApiKey(prisma, { name, scopes: scope, actor: userInfo().username });
        process.stderr.write(`Key for ${name} (${scope.join(', ')}). It is shown only now:\n`);
        process.stdout.write(`${key}\n`);
        return 0;
      });
    });
}

function listCommand(): Command {
  return new Command('list').description('Lists keys by their prefix; never the keys.').action(async () => {
    process.exitCode = await withDatabase(async ({ prisma }) => {
      for (const { prefix, name, scopes: granted, createdAt, lastUsedAt, revokedAt } of await listApiKeys(
        prisma,
      )) {
        const used = lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.toISOString()}`;
        const state = revokedAt === null ? used : `revoked ${revokedAt.toISOString()}`;
        process.stdout.write(
          `${prefix}  ${name}  ${granted.join(',')}  created ${createdAt.toISOString()}  ${state}\n`,
        );
      }
      return 0;
    });
  });
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('Ends a key at once.')
    .argument('<prefix>', 'of the key, as list shows it')
    .action(async (prefix: string) => {
      process.exitCode = await withDatabase(async ({ prisma }) => {
        await revokeApiKey(prisma, prefix, userInfo().username);
        process.stdout.write(`${prefix} is revoked.\n`);
        return 0;
      });
    });
}

function scopeList(text: string): Scope[] {
  const given = text.split(',').map((scope) => scope.trim());
  const known = scopes.filter((scope) => given.includes(scope));
  if (known.length === given.length) return known;
  throw new InvalidArgumentError(`Accepted: ${scopes.join(', ')}.`);
}
