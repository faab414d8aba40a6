/**
 * What a team would write first: @fastify/multipart writes the photo to a file, which answers, and @fastify/static
 * serves it. No password, no type, no sum, no rows, no deadline, nothing durable.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import statics from '@fastify/static';
import fastify from 'fastify';

const root = resolve(process.env.MEDIA_ROOT ?? 'media');
await mkdir(root, { recursive: true });

const app = fastify();
await app.register(multipart, { limits: { fileSize: 2 ** 31 } });
await app.register(statics, { root, prefix: '/public/results/', maxAge: 3_600_000 });

app.get('/health/live', () => ({}));

app.post('/api/ingest/:slot', async (request, reply) => {
  const photo = await request.file();
  const name = randomUUID();
  await pipeline(photo.file, createWriteStream(join(root, name)));
  return reply
    .header('x-job-id', name)
    .header('content-length', photo.file.bytesRead)
    .type('image/jpeg')
    .send(createReadStream(join(root, name)));
});

await app.listen({ host: process.env.HOST, port: Number(process.env.PORT) });
