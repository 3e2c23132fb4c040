import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { ExportColumn } from './export-columns.ts';
import type { RowBatch } from './row-batches.ts';

const types: Record<ExportColumn['type'], BasicType> = {
  instant: 'TIMESTAMP',
  text: 'STRING',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
};

/**
 * Rows as an Apache Parquet file, a row group for each batch of rows. Memory: one batch, and the few hundred bytes that
 * the end of the file says of each group.
 */
export async function* parquetFile(
  columns: readonly ExportColumn[],
  batches: AsyncIterable<RowBatch>,
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const schema = schemaFromColumnData({ columnData: columnData(columns, []) });
  const parquet = new ParquetWriter({ writer, schema, createdBy: 'measurement-app' });
  for await (const rows of batches) {
    parquet.write({ columnData: columnData(columns, rows), rowGroupSize: rows.length });
    yield takeBytes(writer);
  }
  parquet.finish();
  yield takeBytes(writer);
}

function columnData(columns: readonly ExportColumn[], rows: RowBatch) {
  return columns.map(({ name, type }, index) => {
    const values = rows.map((row) => row[index]);
    const data = type === 'instant' ? values.map((text) => new Date(text as string)) : values;
    return { name, type: types[type], data };
  });
}

/** What was written since the last call; the writer starts over in its buffer, but goes on counting. */
function takeBytes(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}
