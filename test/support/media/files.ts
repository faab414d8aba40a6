/**
 * Files of the media store in a process of its own, for what is done to one: `node --import
 * ./bench/support/typescript.mjs test/support/media/files.ts`, and one line of JSON as argument. Prints a line of JSON
 * for each thing that has happened.
 */
import { Secret } from '@holdfast/core/secret';
import { s3Client } from '../../../src/object-storage/s3-client.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import type { MediaFiles } from '../../../src/stores/media/files/media-files.js';
import { S3MediaFiles } from '../../../src/stores/media/files/s3/s3-media-files.js';
import { incoming, repeated } from './content.js';

/** What the process is asked for. */
export interface Order {
  /** Folder, or spool. */
  readonly root: string;
  readonly bucket?: { readonly endpoint: string; readonly name: string; readonly key: string };
  readonly paths: readonly string[];
  readonly bytes: number;
  /** Reads it again, and says by how much memory grew. */
  readonly isMeasured?: boolean;
}

const { root, bucket, paths, bytes, isMeasured } = JSON.parse(process.argv[2] ?? '') as Order;
const files = open();
const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
const { signal } = new AbortController();

// What the first file loads is not what a large one takes.
if (isMeasured) await files.probe(signal);
const before = process.memoryUsage.rss();
let most = before;
const watching = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, 20);
for (const path of paths) {
  const content = isMeasured ? repeated(bytes) : incoming(bytes);
  await files.store(path, content, { signal, durable: true });
  tell({ stored: path });
}
if (isMeasured) {
  let read = 0;
  for (const path of paths)
    for await (const chunk of (await files.open(path)) as AsyncIterable<Buffer>)
      read += chunk.length;
  tell({ read, grownBytes: Math.max(most, process.memoryUsage.rss()) - before });
}
clearInterval(watching);

function open(): MediaFiles {
  const folder = new FolderMediaFiles(root);
  if (!bucket) return folder;
  const client = s3Client({
    endpoint: bucket.endpoint,
    bucket: bucket.name,
    region: undefined,
    accessKey: bucket.key,
    secretKey: new Secret(bucket.key),
  });
  return new S3MediaFiles(client, { spool: folder });
}
