import pg from 'pg';

/** One way in which a staged row can be wrong. */
export interface Fault {
  /** Column as the source names it. */
  readonly field: string;
  /** SQL expression of the text that stands there. */
  readonly value: string;
  /** SQL condition, true when it is wrong. */
  readonly condition: string;
  /** What is accepted. */
  readonly reason: string;
}

/** Moves no row, but notes every row of `table` that has a fault in `import_rejected`, with the first of its faults. */
export async function rejectFaulty(
  client: pg.ClientBase,
  table: string,
  faults: readonly Fault[],
): Promise<void> {
  const choose = (pick: (fault: Fault) => string) =>
    `CASE fault ${faults.map((fault, index) => `WHEN ${index} THEN ${pick(fault)}`).join(' ')} END`;
  await client.query(`
    INSERT INTO import_rejected (line, field, value, reason, staged)
    SELECT line, ${choose(({ field }) => pg.escapeLiteral(field))}, ${choose(({ value }) => value)},
           ${choose(({ reason }) => pg.escapeLiteral(reason))}, true
    FROM (
      SELECT *, CASE ${faults.map(({ condition }, index) => `WHEN ${condition} THEN ${index}`).join(' ')} END AS fault
      FROM ${table}
    ) AS examined
    WHERE fault IS NOT NULL`);
}

/** The rows of `table` without a rejection. OFFSET 0 keeps casts behind the filter, whatever plan is chosen. */
export function acceptedRows(table: string): string {
  return `(
    SELECT * FROM ${table} WHERE NOT EXISTS (SELECT FROM import_rejected WHERE import_rejected.line = ${table}.line) OFFSET 0
  ) AS accepted`;
}
