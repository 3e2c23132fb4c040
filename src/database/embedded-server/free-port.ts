import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that nobody listens on just now: the preferred one if possible. */
export async function freePort(preferred = 0): Promise<number> {
  return listenBriefly(preferred).catch(() => listenBriefly(0));
}

function listenBriefly(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
