import type { RequestHandler } from 'express';

const places: readonly { readonly name: string; readonly path: string; readonly what: string }[] = [
  {
    name: 'measurements',
    path: '/air_quality',
    what: 'Every measurement as CSV, or JSON, NDJSON, Arrow, Parquet',
  },
  { name: 'latest', path: '/air_quality/latest', what: 'The newest measurement of each station' },
  { name: 'stations', path: '/stations', what: 'Where they stand; also CSV and GeoJSON' },
  { name: 'pollutants', path: '/pollutants', what: 'What is measured, with units' },
  { name: 'imports', path: '/imports', what: 'The ledger of loads' },
  { name: 'graphql', path: '/graphql', what: 'The same data as GraphQL; an explorer in the browser' },
  { name: 'docs', path: '/docs', what: 'The REST interface, to read and to try' },
  { name: 'openapi', path: '/openapi.json', what: 'Its OpenAPI 3.1 description' },
  { name: 'live', path: '/health/live', what: 'Whether the process answers' },
  { name: 'ready', path: '/health/ready', what: 'Whether it takes requests' },
];

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>measurement-app</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1c2733; }
  h1 { margin-bottom: 0; }
  td { padding: .25rem 1.5rem .25rem 0; vertical-align: top; }
  a { color: #0b6bcb; }
  @media (prefers-color-scheme: dark) { body { background: #14181d; color: #dde5ee; } a { color: #7fb8ff; } }
</style>
<h1>measurement-app</h1>
<p>Air-quality measurements of a city's stations: so2, no2, o3, pm10, pm2_5 in µg/m³, co in mg/m³.</p>
<table>${places.map(({ path, what }) => `<tr><td><a href="${path}">${path}</a><td>${what}`).join('\n')}
</table>
</html>
`;

const links = Object.fromEntries(places.map(({ name, path }) => [name, path]));

/** `GET /`: where things are; links for people, JSON for programs. */
export const home: RequestHandler = (request, response) => {
  if (request.accepts(['json', 'html']) === 'html') response.type('html').send(page);
  else response.json(links);
};
