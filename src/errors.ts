/**
 * Every error the gateway tells a client: stable code -> HTTP status and title. Renderings: RFC 9457
 * problem+json (rest/problem.ts), GraphQL `extensions.code` (graphql/format-error.ts), CLI exit codes.
 */
export const errorCatalogue = {
  INVALID_ARGUMENT: { status: 400, title: 'A value is not of the accepted form' },
  UNKNOWN_PARAMETER: { status: 400, title: 'There is no parameter of this name' },
  REPEATED_PARAMETER: { status: 400, title: 'A parameter is given more than once' },
  INVALID_RANGE: { status: 400, title: '`from` is after `to`' },
  INVALID_INTERVAL: { status: 400, title: 'Averages cannot be made over this interval' },
  INVALID_TIMEZONE: { status: 400, title: 'There is no such time zone' },
  INVALID_CURSOR: { status: 400, title: 'The cursor is broken or belongs to another selection' },
  INVALID_PAGE: { status: 400, title: 'The arguments of a page contradict each other' },
  PAGE_SIZE: { status: 400, title: 'The page size is outside its limits' },
  UNKNOWN_STATION: { status: 404, title: 'There is no such station' },
  TOO_MANY_ROWS: { status: 400, title: 'The selection has more rows than an export may have' },
  TOO_MANY_EXPORTS: { status: 503, title: 'Too many exports are running' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this address' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not take this method' },
  NOT_ACCEPTABLE: { status: 406, title: 'None of the accepted formats is available' },
  QUERY_TOO_DEEP: { status: 400, title: 'A GraphQL query has too many levels' },
  QUERY_TOO_COSTLY: { status: 400, title: 'The answer to a GraphQL query may be too large' },
  TOO_MANY_ALIASES: { status: 400, title: 'A GraphQL document has too many aliases' },
  TOO_MANY_DIRECTIVES: { status: 400, title: 'A GraphQL document has too many directives' },
  TOO_MANY_TOKENS: { status: 400, title: 'A GraphQL document has too many tokens' },
  DOCUMENT_TOO_LONG: { status: 400, title: 'A GraphQL document has too many characters' },
  LIST_TOO_LONG: { status: 400, title: 'A list has too many elements' },
  UNTRUSTED_DOCUMENT: { status: 400, title: 'Only registered GraphQL documents are executed' },
  BODY_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  UNAUTHENTICATED: { status: 401, title: 'This needs a valid API key' },
  FORBIDDEN: { status: 403, title: 'This API key may not do that' },
  CONFLICT: { status: 409, title: 'What is there differs from what was sent' },
  INVALID_SOURCE: { status: 422, title: 'The source of an import cannot be loaded' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  TOO_MANY_IMPORTS: { status: 503, title: 'Too many imports run at once' },
  STATEMENT_TIMEOUT: { status: 503, title: 'The database took too long' },
  CACHE_UNAVAILABLE: { status: 503, title: 'The cache does not answer' },
  DATABASE_UNAVAILABLE: { status: 503, title: 'The database does not answer' },
  TOO_MANY_SUBSCRIPTIONS: { status: 503, title: 'Too many subscriptions are open' },
  SUBSCRIPTION_INTERRUPTED: { status: 503, title: 'A subscription may have missed something' },
  SHUTTING_DOWN: { status: 503, title: 'This instance is shutting down' },
  INTERNAL: { status: 500, title: 'Something went wrong on our side' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

export interface ErrorDetails {
  /** The argument, parameter or column that is wrong. */
  readonly field?: string;
  /** What to do next, or what is accepted. */
  readonly hint?: string;
}

/** An error that is the caller's to read: nothing in it is secret. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.field = details.field;
    this.hint = details.hint;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}

/** The environment does not make a configuration; `problems` has one line a setting. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * What a caller may see of any thrown value: a GatewayError as it is; a lost or refused database connection as
 * DATABASE_UNAVAILABLE; everything else as INTERNAL without its message.
 */
export function publicError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  if (isStatementTimeout(thrown)) {
    return new GatewayError('STATEMENT_TIMEOUT', 'The database took too long to answer.', {
      hint: 'Ask for less: fewer stations, a shorter time, a smaller page.',
    });
  }
  if (isDatabaseUnavailable(thrown)) {
    return new GatewayError('DATABASE_UNAVAILABLE', 'The database does not answer.', {
      hint: 'Try again in a few seconds.',
    });
  }
  return new GatewayError('INTERNAL', 'The request could not be answered.', {
    hint: 'Tell the operator the request id in the X-Request-Id header.',
  });
}

const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '08006', // connection_failure
  '3D000', // invalid_catalog_name: the database was dropped
  'P1001', // Prisma: cannot reach the server
  'P1003', // Prisma: the database does not exist
  'P1017', // Prisma: server has closed the connection
  'P2024', // Prisma: pool timed out
]);

/** 57014 is also the code of what a client has cancelled. */
function isStatementTimeout(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return (thrown as { code?: unknown }).code === '57014' && /statement timeout/.test(thrown.message);
}

function isDatabaseUnavailable(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = (thrown as { code?: unknown }).code;
  if (typeof code === 'string' && unavailableCodes.has(code)) return true;
  // pg gives these two no code.
  return /timeout exceeded when trying to connect|Connection terminated/.test(thrown.message);
}
