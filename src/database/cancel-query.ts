import { connect } from 'node:net';
import type pg from 'pg';

/** CancelRequest code of the frontend/backend protocol (PostgreSQL documentation, section "Message Formats"). */
const cancelRequestCode = 80_877_102;

/**
 * Asks the server to cancel what `client` is running, over a connection of its own as the protocol demands, so that
 * it works when the pool is exhausted. Resolves when the server has taken the request (it closes the connection
 * after signalling the backend); from then on the request cannot hit a later query of the same client.
 */
export function cancelQuery(client: pg.PoolClient): Promise<void> {
  const { host, port, processID, secretKey } = client as unknown as {
    host: string;
    port: number;
    processID: number;
    secretKey: number;
  };
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(cancelRequestCode, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  return new Promise((resolve, reject) => {
    const socket = host.startsWith('/')
      ? connect({ path: `${host}/.s.PGSQL.${port}` })
      : connect({ host, port });
    socket.once('connect', () => socket.write(request));
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
  });
}
