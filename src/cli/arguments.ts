import { InvalidArgumentError } from 'commander';

/** Parser of an option that takes a whole number from 1 to `maximum`. */
export function wholeNumber(maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= maximum) return value;
    throw new InvalidArgumentError(`It takes a whole number from 1 to ${maximum}.`);
  };
}

/** Parser of an option that takes NAME=VALUE and may be repeated. */
export function assignment(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const end = text.lastIndexOf('=');
  if (end < 1 || end === text.length - 1) throw new InvalidArgumentError('It takes NAME=VALUE.');
  return { ...earlier, [text.slice(0, end)]: text.slice(end + 1) };
}

/** Parser of an option that takes a time instant or a date (midnight UTC). */
export function timeInstant(text: string): Date {
  const date = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) &&
    !Number.isNaN(date.getTime())
  ) {
    return date;
  }
  throw new InvalidArgumentError(
    'It takes a date such as 2016-10-01 or an instant such as 2016-10-01T00:00:00Z.',
  );
}
