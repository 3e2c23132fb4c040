import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from './errors.ts';
import type { OperationLimits } from './graphql/limits/limits.ts';

const repositoryRoot = resolve(import.meta.dirname, '..');

const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' });
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const duration = (fallback: number) => z.coerce.number().int().min(0).default(fallback);

/**
 * Every setting of the gateway: the name of its environment variable, what it accepts, its default and what it
 * is for. The table in docs/configuration.md is generated from here.
 */
export const settings = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'])
    .default('development')
    .describe(
      '`production` never starts an embedded database, never migrates or seeds by itself, logs JSON and masks errors.',
    ),
  HOST: z.string().default('0.0.0.0').describe('Address to listen on.'),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(5000)
    .describe('Port to listen on; 0 = any free one.'),
  DATABASE_URL: databaseUrl
    .optional()
    .meta({ secret: true })
    .describe(
      'PostgreSQL to use. Without it (and outside production) an embedded PostgreSQL in DATA_DIRECTORY is used.',
    ),
  DB_URI: databaseUrl
    .optional()
    .meta({ secret: true })
    .describe('Older name of DATABASE_URL, which wins over it.'),
  DATABASE_REPLICA_URL: databaseUrl
    .optional()
    .meta({ secret: true })
    .describe('A replica that exports read from while it has caught up with the primary; pages never do.'),
  DATABASE_POOL_SIZE: count(20).describe('Connections to the database held at most.'),
  DATABASE_CONNECT_TIMEOUT_MS: count(10_000).describe(
    'How long a request waits for a connection before it is answered 503.',
  ),
  DATABASE_STATEMENT_TIMEOUT_MS: duration(30_000).describe(
    'How long PostgreSQL may work on one statement of a request; exports have a limit of their own, imports none. 0 = any time.',
  ),
  DATA_DIRECTORY: z
    .string()
    .default('.data')
    .transform((path) => resolve(repositoryRoot, path))
    .describe('Folder of the embedded PostgreSQL; relative to the checkout.'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' })
    .optional()
    .meta({ secret: true })
    .describe('Redis for shared caches. Without it caches live in the memory of each process.'),
  CACHE_MEMORY_MB: count(64).describe('Size of the cache in memory, in MiB; of no meaning with REDIS_URL.'),
  CACHE_TIMEOUT_MS: count(100).describe(
    'How long a request waits for Redis before it goes on uncached. Redis is then left alone for a second.',
  ),
  CACHE_TTL_GRAPHQL_RESPONSES_SECONDS: duration(3_600).describe(
    'How long answers of GraphQL queries are kept; never beyond a change of the data. 0 = not at all.',
  ),
  CACHE_TTL_REST_PAGES_SECONDS: duration(3_600).describe(
    'How long small answers of /air_quality are kept; never beyond a change of the data. 0 = not at all.',
  ),
  CACHE_TTL_PERSISTED_QUERIES_SECONDS: duration(30 * 86_400).describe(
    'How long documents of automatic persisted queries are kept. 0 = not at all.',
  ),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(9464)
    .describe('Port of the Prometheus endpoint `/metrics`, apart from the API; 0 = no metrics.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
  URL_MEASUREMENTS: z
    .string()
    .optional()
    .describe(
      'File path or http(s) URL of the CSV that the seed loads; without it the seed simulates stations.',
    ),
  REQUIRE_API_KEY: z
    .stringbool()
    .default(false)
    .describe('`true` closes reading too: every request for data needs an API key with the scope `read`.'),
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      'Requests a minute for each API key, and for each address without one; 0 = no limit. Default 6000 in production, else none.',
    ),
  TRUST_PROXY_HOPS: duration(0).describe(
    'Proxies in front whose X-Forwarded-For is believed; 0 = the peer is the client. Rate limits need it right.',
  ),
  IMPORT_URL_PREFIXES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((prefix) => prefix.trim())
        .filter(Boolean),
    )
    .pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be http(s) URLs, comma-separated' })))
    .describe(
      'Comma-separated beginnings of the URLs that GraphQL importMeasurements may load from, e.g. https://data.example.org/; empty = none.',
    ),
  IMPORTS_AT_ONCE_MAX: count(4).describe(
    'Imports that this process runs at once for clients; each holds a connection.',
  ),
  EXPORTS_AT_ONCE_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'Exports that run at once, fewer than DATABASE_POOL_SIZE; pages do not count. Default half of the pool, 8 at most.',
    ),
  EXPORTS_WAITING_MAX: duration(32).describe('Exports that may wait for their turn; more are answered 503.'),
  EXPORT_ROWS_MAX: duration(0).describe('Rows that one export may have; 0 = any number.'),
  EXPORT_STATEMENT_TIMEOUT_MS: duration(0).describe(
    'How long PostgreSQL may work on one export; 0 = any time.',
  ),
  EXPORT_IDLE_TIMEOUT_MS: duration(60_000).describe(
    'A client that takes none of its export for so long is cut off; 0 = never.',
  ),
  CORS_ORIGIN: z
    .string()
    .default('*')
    .describe('Origin whose pages may read answers in browsers; `*` = every one.'),
  BACKUP_TARGET: z
    .string()
    .default('.data/backups')
    .describe(
      'Where backups go and come from: a folder (relative to where the command runs), or s3://bucket/prefix.',
    ),
  BACKUP_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe(
      'Address of an S3-compatible store such as MinIO; without it AWS. Credentials as AWS has them.',
    ),
  BACKUP_PASSPHRASE: z
    .string()
    .min(12, 'must have 12 characters or more')
    .optional()
    .meta({ secret: true })
    .describe(
      'Encrypts backups (AES-256-GCM); needed again to restore them. Without it they are written as they are.',
    ),
  BACKUP_KEEP: count(28).describe(
    'Backups kept at the target; the oldest beyond that are removed after a new one.',
  ),
  GRAPHQL_INTROSPECTION: z
    .stringbool()
    .optional()
    .describe('Whether clients may read the GraphQL schema. Default: not in production.'),
  GRAPHQL_EXPLORER: z
    .stringbool()
    .optional()
    .describe(
      'Whether browsers get GraphiQL at /graphql. Default: as GRAPHQL_INTROSPECTION, which it needs.',
    ),
  GRAPHQL_TRUSTED_DOCUMENTS: z
    .string()
    .transform((path) => resolve(repositoryRoot, path))
    .optional()
    .describe(
      'File of the only GraphQL documents that are executed: a manifest of Apollo, or JSON {"<id>": "<document>"}. Without it: any.',
    ),
  GRAPHQL_DEPTH_MAX: count(10).describe('Levels of fields that a GraphQL query may have.'),
  GRAPHQL_COST_MAX: count(100_000).describe(
    'Objects that the answer to a GraphQL operation may have by its page sizes and lists: a page of 10,000, or a week of 1,000 stations.',
  ),
  GRAPHQL_ALIASES_MAX: count(30).describe('Aliases that a GraphQL document may have.'),
  GRAPHQL_DIRECTIVES_MAX: count(50).describe('Directives that a GraphQL document may have.'),
  GRAPHQL_TOKENS_MAX: count(1_000).describe('Tokens that a GraphQL document may have.'),
  GRAPHQL_DOCUMENT_CHARACTERS_MAX: count(15_000).describe('Characters that a GraphQL document may have.'),
  GRAPHQL_LIST_LENGTH_MAX: count(1_000).describe(
    'Elements that one list in the arguments or variables of a GraphQL operation may have.',
  ),
  GRAPHQL_BODY_BYTES_MAX: count(512 * 1024).describe('Bytes that the body of a GraphQL request may have.'),
  GRAPHQL_SUBSCRIPTIONS_MAX: count(1_000).describe('GraphQL subscriptions that may be open in this process.'),
  PAGE_SIZE_MAX: count(10_000).describe('Largest page (`first`, JSON paging) a client may ask for.'),
  SHUTDOWN_GRACE_MS: duration(25_000).describe(
    'After SIGTERM, how long running requests may take to finish before they are cut.',
  ),
});

/** The validated configuration: one frozen value, made once at start and handed to what needs it. */
export interface Config {
  readonly environment: 'development' | 'production' | 'test';
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly databaseReplicaUrl: string | undefined;
  readonly databasePoolSize: number;
  readonly databaseConnectTimeoutMs: number;
  readonly databaseStatementTimeoutMs: number;
  readonly dataDirectory: string;
  readonly redisUrl: string | undefined;
  readonly cacheMemoryMb: number;
  readonly cacheTimeoutMs: number;
  readonly cacheTtlGraphqlResponsesSeconds: number;
  readonly cacheTtlRestPagesSeconds: number;
  readonly cacheTtlPersistedQueriesSeconds: number;
  readonly metricsPort: number;
  readonly logLevel: string;
  readonly urlMeasurements: string | undefined;
  readonly requireApiKey: boolean;
  /** 0 = no limit. */
  readonly rateLimitPerMinute: number;
  readonly trustProxyHops: number;
  readonly importUrlPrefixes: readonly string[];
  readonly importsAtOnceMax: number;
  readonly exportsAtOnceMax: number;
  readonly exportsWaitingMax: number;
  readonly exportRowsMax: number;
  readonly exportStatementTimeoutMs: number;
  readonly exportIdleTimeoutMs: number;
  readonly corsOrigin: string;
  readonly backupTarget: string;
  readonly backupS3Endpoint: string | undefined;
  readonly backupPassphrase: string | undefined;
  readonly backupKeep: number;
  readonly pageSizeMax: number;
  readonly graphql: {
    readonly introspection: boolean;
    readonly explorer: boolean;
    readonly trustedDocuments: string | undefined;
    readonly limits: OperationLimits;
    readonly bodyBytesMax: number;
    readonly subscriptionsMax: number;
  };
  readonly shutdownGraceMs: number;
}

/** Reads `.env` of the checkout when there is one; variables that are already set win. */
export function loadEnvironmentFile(): void {
  const file = resolve(repositoryRoot, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/**
 * Validates the environment.
 * @throws ConfigurationError naming every setting that is wrong or missing, not just the first.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable (`REDIS_URL=` in a compose file) means "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => {
        const name = String(issue.path[0]);
        const secret = settings.shape[name as keyof typeof settings.shape]?.meta()?.secret;
        return `${name}${secret ? '' : `=${JSON.stringify(given[name])}`}: ${issue.message}`;
      });
  if (given.NODE_ENV === 'production' && !given.DATABASE_URL && !given.DB_URI) {
    problems.push(
      'DATABASE_URL: is required in production, e.g. postgresql://user:password@host:5432/measurement',
    );
  }
  const { DATABASE_POOL_SIZE: poolSize = 0, EXPORTS_AT_ONCE_MAX: exportsAtOnce } = parsed.data ?? {};
  if (exportsAtOnce !== undefined && exportsAtOnce >= poolSize) {
    problems.push(
      `EXPORTS_AT_ONCE_MAX=${exportsAtOnce}: must be less than DATABASE_POOL_SIZE=${poolSize}, or exports leave no connection for pages`,
    );
  }
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems);
  const values = parsed.data;
  return Object.freeze({
    environment: values.NODE_ENV,
    production: values.NODE_ENV === 'production',
    host: values.HOST,
    port: values.PORT,
    databaseUrl: values.DATABASE_URL ?? values.DB_URI,
    databaseReplicaUrl: values.DATABASE_REPLICA_URL,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    databaseConnectTimeoutMs: values.DATABASE_CONNECT_TIMEOUT_MS,
    databaseStatementTimeoutMs: values.DATABASE_STATEMENT_TIMEOUT_MS,
    dataDirectory: values.DATA_DIRECTORY,
    redisUrl: values.REDIS_URL,
    cacheMemoryMb: values.CACHE_MEMORY_MB,
    cacheTimeoutMs: values.CACHE_TIMEOUT_MS,
    cacheTtlGraphqlResponsesSeconds: values.CACHE_TTL_GRAPHQL_RESPONSES_SECONDS,
    cacheTtlRestPagesSeconds: values.CACHE_TTL_REST_PAGES_SECONDS,
    cacheTtlPersistedQueriesSeconds: values.CACHE_TTL_PERSISTED_QUERIES_SECONDS,
    metricsPort: values.METRICS_PORT,
    logLevel: values.LOG_LEVEL,
    urlMeasurements: values.URL_MEASUREMENTS,
    requireApiKey: values.REQUIRE_API_KEY,
    rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE ?? (values.NODE_ENV === 'production' ? 6_000 : 0),
    trustProxyHops: values.TRUST_PROXY_HOPS,
    importUrlPrefixes: values.IMPORT_URL_PREFIXES,
    importsAtOnceMax: values.IMPORTS_AT_ONCE_MAX,
    exportsAtOnceMax: exportsAtOnce ?? Math.min(8, Math.ceil(poolSize / 2)),
    exportsWaitingMax: values.EXPORTS_WAITING_MAX,
    exportRowsMax: values.EXPORT_ROWS_MAX,
    exportStatementTimeoutMs: values.EXPORT_STATEMENT_TIMEOUT_MS,
    exportIdleTimeoutMs: values.EXPORT_IDLE_TIMEOUT_MS,
    corsOrigin: values.CORS_ORIGIN,
    backupTarget: values.BACKUP_TARGET,
    backupS3Endpoint: values.BACKUP_S3_ENDPOINT,
    backupPassphrase: values.BACKUP_PASSPHRASE,
    backupKeep: values.BACKUP_KEEP,
    pageSizeMax: values.PAGE_SIZE_MAX,
    graphql: graphqlConfig(values),
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
  });
}

function graphqlConfig(values: z.infer<typeof settings>): Config['graphql'] {
  const introspection = values.GRAPHQL_INTROSPECTION ?? values.NODE_ENV !== 'production';
  return {
    introspection,
    explorer: values.GRAPHQL_EXPLORER ?? introspection,
    trustedDocuments: values.GRAPHQL_TRUSTED_DOCUMENTS,
    limits: {
      depthMax: values.GRAPHQL_DEPTH_MAX,
      costMax: values.GRAPHQL_COST_MAX,
      aliasesMax: values.GRAPHQL_ALIASES_MAX,
      directivesMax: values.GRAPHQL_DIRECTIVES_MAX,
      tokensMax: values.GRAPHQL_TOKENS_MAX,
      documentLengthMax: values.GRAPHQL_DOCUMENT_CHARACTERS_MAX,
      listLengthMax: values.GRAPHQL_LIST_LENGTH_MAX,
    },
    bodyBytesMax: values.GRAPHQL_BODY_BYTES_MAX,
    subscriptionsMax: values.GRAPHQL_SUBSCRIPTIONS_MAX,
  };
}
