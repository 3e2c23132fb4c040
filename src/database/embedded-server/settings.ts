/** What differs from one start to another. */
export interface ServerSettings {
  port: number;
  /** Appears in the title of each of the server's processes. At most 63 ASCII characters. */
  clusterName: string;
  /** False only for throw-away data: a crash of the machine may then destroy it. */
  durable: boolean;
}

/**
 * The whole postgresql.conf, written anew at every start. A setting of one's own goes to postgresql.auto.conf
 * (`ALTER SYSTEM SET …`), which wins and is kept.
 */
export function postgresqlConf({ port, clusterName, durable }: ServerSettings): string {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    cluster_name: clusterName,
    // Socket paths are limited to about 100 bytes, which a deep checkout exceeds.
    unix_socket_directories: '',
    // The pool of the gateway, several test files at once, and a psql beside them.
    max_connections: 200,
    // Every partition (a month) and its indexes take a lock each when a query spans all of them.
    max_locks_per_transaction: 256,

    shared_buffers: '128MB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    effective_cache_size: '1GB',
    random_page_cost: 1.1,
    // Compiling costs more than it gains for queries of a second or two.
    jit: 'off',

    // Bulk loads: few checkpoints, and no WAL for rows copied into a table made in the same transaction.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '2GB',
    min_wal_size: '128MB',
    checkpoint_timeout: '15min',
    fsync: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',

    timezone: 'UTC',
    log_timezone: 'UTC',
    datestyle: 'ISO, YMD',
    lc_messages: 'C',
    default_text_search_config: 'pg_catalog.english',
    log_line_prefix: '%m [%p] ',
    log_checkpoints: 'off',
    // The gateway reports the errors of its statements itself.
    log_min_error_statement: 'panic',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}`);
  return [
    '# Written by measurement-app at every start. Use ALTER SYSTEM SET for settings of your own.',
    ...lines,
    '',
  ].join('\n');
}

/** The port that a postgresql.conf of ours names. */
export function portOf(conf: string): number | undefined {
  const port = /^port = (\d+)$/m.exec(conf)?.[1];
  return port === undefined ? undefined : Number(port);
}

function quoted(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
