/** SQL that writes a timestamptz as ISO 8601 in UTC with milliseconds, whatever the session's settings. */
export function instantText(instant: string): string {
  return `to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
