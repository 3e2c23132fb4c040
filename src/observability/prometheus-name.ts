/** UCUM units as the names of Prometheus metrics spell them. */
const unitWords: Readonly<Record<string, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  By: 'bytes',
  '1': 'ratio',
  '%': 'percent',
};

/** `http.server.request.duration` in `s` -> `http.server.request.duration.seconds`; units in braces name what is counted. */
export function prometheusName(name: string, unit: string): string {
  const word = unitWords[unit];
  return word === undefined || name.endsWith(`.${word}`) ? name : `${name}.${word}`;
}
