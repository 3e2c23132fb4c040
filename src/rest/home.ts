import type { RequestHandler } from 'express';

const places = {
  measurements: '/air_quality',
  latest: '/air_quality/latest',
  stations: '/stations',
  pollutants: '/pollutants',
  graphql: '/graphql',
  live: '/health/live',
  ready: '/health/ready',
};

/** `GET /`: where things are; links for people, JSON for programs. */
export const home: RequestHandler = (request, response) => {
  if (request.accepts(['html', 'json']) !== 'html') {
    response.json(places);
    return;
  }
  const links = Object.entries(places).map(
    ([name, path]) => `<li><a href="${path}">${path}</a> ${name}</li>`,
  );
  response.type('html').send(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>measurement-app</title>
<h1>measurement-app</h1><p>Air-quality measurements of a city's stations.</p><ul>${links.join('')}</ul></html>`,
  );
};
