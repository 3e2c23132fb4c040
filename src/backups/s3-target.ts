import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { GatewayError } from '../errors.ts';
import type { BackupTarget } from './target.ts';

/** 10,000 parts of this size are the largest object: 625 GiB. */
const partBytes = 64 * 1024 * 1024;

/** A bucket of AWS, or of MinIO and its like at `endpoint`. Credentials and region (AWS_REGION; any for MinIO) come as AWS' tools take them. */
export function s3Target({ hostname: bucket, pathname }: URL, endpoint?: string): BackupTarget {
  const prefix = pathname.replace(/^\/+|\/+$/g, '');
  const keyOf = (name: string) => (prefix === '' ? name : `${prefix}/${name}`);
  const client = new S3Client({
    // Other stores know no host name for each bucket, and some not the newer checksums.
    ...(endpoint !== undefined && {
      endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
  });
  return {
    description: `s3://${bucket}/${keyOf('')}`,
    async put(name, bytes) {
      const upload = new Upload({
        client,
        params: { Bucket: bucket, Key: keyOf(name), Body: bytes },
        partSize: partBytes,
        queueSize: 2,
      });
      // A body that breaks ends the upload: parts that were sent are taken back, no object appears.
      await upload.done();
    },
    async get(name) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(name) }));
        return Body as Readable;
      } catch (error) {
        if (!(error instanceof NoSuchKey)) throw error;
        throw new GatewayError('NOT_FOUND', `There is no ${keyOf(name)} in the bucket ${bucket}.`);
      }
    },
    async names() {
      const names: string[] = [];
      for await (const { Contents } of paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: keyOf('') },
      )) {
        for (const { Key } of Contents ?? []) if (Key !== undefined) names.push(Key.slice(keyOf('').length));
      }
      return names;
    },
    async remove(name) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(name) }));
    },
  };
}
