import { GatewayError } from './errors.ts';

/**
 * Names that mean the same to PostgreSQL and to JavaScript: `Area/Location`, `UTC` or `GMT`. Offsets such as `+01:00`
 * are left out because PostgreSQL reads their sign the other way round (POSIX), three-letter names because it takes
 * some of them (`CET`) for a fixed offset without daylight saving.
 */
const zoneForm = /^(?:UTC|GMT|[A-Za-z][A-Za-z_]*(?:\/[A-Za-z0-9][A-Za-z0-9_+-]*)+)$/;

/** Whether the text is the name of an IANA time zone. */
export function isTimeZone(text: string): boolean {
  if (!zoneForm.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** @throws GatewayError INVALID_TIMEZONE when there is no such zone. */
export function requireTimeZone(text: string, field = 'timezone'): string {
  if (isTimeZone(text)) return text;
  throw new GatewayError('INVALID_TIMEZONE', `There is no time zone ${JSON.stringify(text)}.`, {
    field,
    hint: 'Accepted: IANA names, e.g. Europe/Madrid, or UTC.',
  });
}
