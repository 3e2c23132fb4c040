import {
  AsyncByteQueue,
  Bool,
  Float64,
  type RecordBatch,
  RecordBatchStreamWriter,
  Table,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { ExportColumn } from './export-columns.ts';
import type { RowBatch } from './row-batches.ts';

const types = {
  instant: () => new TimestampMillisecond('UTC'),
  text: () => new Utf8(),
  number: () => new Float64(),
  boolean: () => new Bool(),
};

/** Rows as an Apache Arrow IPC stream, a record batch for each batch of rows. */
export async function* arrowStream(
  columns: readonly ExportColumn[],
  batches: AsyncIterable<RowBatch>,
): AsyncGenerator<Uint8Array> {
  let written: Uint8Array[] = [];
  // The writer's own queue takes whatever it is given without end; this one is emptied after each batch.
  const sink = new AsyncByteQueue();
  sink.write = (bytes) => void written.push(bytes as Uint8Array);
  const writer = new RecordBatchStreamWriter({ autoDestroy: false });
  writer.reset(sink, recordBatch(columns, []).schema);
  for await (const rows of batches) {
    writer.write(recordBatch(columns, rows));
    yield* written;
    written = [];
  }
  writer.finish();
  yield* written;
}

function recordBatch(columns: readonly ExportColumn[], rows: RowBatch): RecordBatch {
  const vectors = columns.map(({ name, type }, index) => {
    const values = rows.map((row) => row[index]);
    const stored = type === 'instant' ? values.map((text) => Date.parse(text as string)) : values;
    return [name, vectorFromArray(stored as never[], types[type]())] as const;
  });
  return new Table(Object.fromEntries(vectors)).batches[0] as RecordBatch;
}
