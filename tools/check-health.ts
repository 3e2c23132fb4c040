// HEALTHCHECK of the image, which has no curl: exit 0 when this container's gateway takes requests.
const port = process.env.PORT || '5000';
const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, {
  signal: AbortSignal.timeout(4_000),
}).catch(() => undefined);
process.exitCode = answer?.ok ? 0 : 1;
