import { type DatasetVersion, readDatasetVersion } from '../database/dataset-version.ts';
import type { Notifications } from '../database/notifications.ts';
import { GatewayError } from '../errors.ts';
import { addedMeasurements, type FinishedImport } from '../measurements/added-measurements.ts';
import type { Measurement } from '../measurements/measurement.ts';
import { resolveMeasurements } from '../measurements/resolve-measurements.ts';
import type { GraphQLContext } from './context.ts';
import { measurementFilter } from './measurement-filter.ts';
import type { SubscriptionMeasurementAddedArgs } from './schema.types.ts';

/** Imports that may wait for a reader before it is given up. */
const importsWaitingMax = 1_000;

/**
 * `Subscription.measurementAdded`: what each import adds, as fast as the reader takes it. A reader that is too far behind, or whose
 * gateway lost its connection to the database, is told so and has to start again.
 */
export async function subscribeToMeasurements(
  { where }: Partial<SubscriptionMeasurementAddedArgs>,
  context: GraphQLContext,
): Promise<AsyncIterableIterator<{ readonly measurementAdded: Measurement }>> {
  const { selection } = await resolveMeasurements({ where: measurementFilter(where) }, context);
  const imports = notificationQueue<FinishedImport>(context.notifications);
  return stoppable(imports, async function* () {
    for await (const finished of imports) {
      for await (const measurementAdded of addedMeasurements(context.database.pool, selection, finished)) {
        yield { measurementAdded };
      }
    }
  });
}

/** `Subscription.datasetChanged`: versions that follow each other while a reader is busy are one to it. */
export async function subscribeToDataset({
  database,
  notifications,
}: GraphQLContext): Promise<AsyncIterableIterator<{ readonly datasetChanged: DatasetVersion }>> {
  let changed = Promise.withResolvers<void>();
  const wake = () => changed.resolve();
  const stops = [notifications.listen('dataset_changed', wake), notifications.listenForGaps(wake)];
  let ended = false;
  const stop = () => {
    ended = true;
    for (const each of stops) each();
    wake();
  };
  return stoppable({ return: async () => stop() }, async function* () {
    let last = -1n;
    for (;;) {
      await changed.promise;
      if (ended) return;
      changed = Promise.withResolvers();
      const datasetChanged = await readDatasetVersion(database.prisma);
      if (datasetChanged.version > last) yield { datasetChanged };
      last = datasetChanged.version;
    }
  });
}

/** Finished imports as they are notified, from now on. */
function notificationQueue<Payload>(notifications: Notifications): AsyncIterableIterator<Payload> {
  const waiting: Payload[] = [];
  let failure: GatewayError | undefined;
  let ended = false;
  let wake = () => {};
  const fail = (message: string) => {
    failure ??= new GatewayError('SUBSCRIPTION_INTERRUPTED', message, {
      hint: 'Read what is there with a query, then subscribe again.',
    });
    wake();
  };
  const stops = [
    notifications.listen('import_finished', (payload) => {
      if (waiting.length >= importsWaitingMax) {
        fail(`More than ${importsWaitingMax} imports are waiting for this reader.`);
        return;
      }
      waiting.push(JSON.parse(payload));
      wake();
    }),
    notifications.listenForGaps(() => fail('Some changes of the data may have been missed.')),
  ];
  const stop = () => {
    ended = true;
    for (const each of stops) each();
    wake();
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      while (!ended && failure === undefined && waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const value = waiting.shift();
      if (value !== undefined && !ended) return { done: false, value };
      stop();
      if (failure !== undefined) throw failure;
      return { done: true, value: undefined };
    },
    async return() {
      stop();
      return { done: true, value: undefined };
    },
  };
}

/**
 * A generator that can be stopped while it waits: `return` on a generator takes effect only at its next `yield`, which may
 * never come, so the source it waits for is stopped first.
 */
function stoppable<Value>(
  source: { return?(): Promise<unknown> },
  generate: () => AsyncGenerator<Value, void, undefined>,
): AsyncIterableIterator<Value> {
  const generator = generate();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => generator.next(),
    async return() {
      await source.return?.();
      return (await generator.return(undefined)) as IteratorResult<Value>;
    },
    throw: (error) => generator.throw(error),
  };
}
