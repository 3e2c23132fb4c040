import { createInterface } from 'node:readline';
import type { Engine } from './engine.ts';
import { panicMessage } from './wasm-engine.ts';

interface Message {
  readonly id: number;
  /** Absent in the CLI's answers to what it was asked to print. */
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

/** A server that does not answer keeps nobody waiting who wants to leave. */
const CLOSING_TIMEOUT_MS = 10_000;

/**
 * Answers JSON-RPC requests, a line each, one after the other, until the input ends or a signal comes. Every request
 * is answered, also one that a signal or a panic cuts short: the CLI takes the death of an engine for a success.
 */
export async function serve(engine: Engine): Promise<void> {
  let answered: Promise<void> | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    // The CLI ends an engine by closing its input and a SIGTERM at once, so this is also the ordinary end.
    process.on(signal, async () => {
      setTimeout(() => process.exit(), CLOSING_TIMEOUT_MS);
      await engine.close();
      await answered;
      process.exit();
    });
  }
  // A panic breaks out of the promise of the request, which then never settles.
  const panicked = new Promise<never>((_, reject) => process.on('uncaughtException', reject));
  panicked.catch(() => {});
  // A CLI that is gone reads no answers; what it asked for is finished all the same.
  process.stdout.on('error', () => {});

  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params = {} } = JSON.parse(line) as Message;
    if (method === undefined) continue;
    answered = Promise.race([engine.call(method, params), panicked])
      .then(onResult(method), onError)
      .then((answer) => send({ id, ...answer }));
    await answered;
  }
  await engine.close();
}

function onResult(method: string) {
  return (result: unknown) => ({
    result: method === 'diff' ? print(result as { stdout: string | null }) : (result ?? null),
  });
}

function onError({ message, code }: { message: string; code?: string }) {
  const panic = panicMessage();
  return {
    error: {
      code: 4466,
      message: 'An error happened. Check the data field for details.',
      data: {
        // Of a panic the CLI would offer to send a report to Prisma, who do not support this launcher.
        is_panic: false,
        message: panic === undefined ? message : `The schema engine panicked: ${panic}`,
        meta: {},
        error_code: code,
      },
    },
  };
}

/** A difference is not returned to the CLI: the CLI is asked to print it. */
function print<Result extends { stdout: string | null }>(result: Result): Result {
  if (result.stdout !== null) {
    send({ id: 1, method: 'print', params: { content: result.stdout.replace(/\n$/, '') } });
  }
  return { ...result, stdout: null };
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
