import { type S3Server, startS3 } from '../s3.js';

/** A bucket for the files of the media store, and the variables by which instances share it. */
export async function startMediaBucket(): Promise<{
  readonly server: S3Server;
  readonly environment: Readonly<Record<string, string>>;
}> {
  const server = await startS3('photos');
  return {
    server,
    environment: {
      MEDIA_FILES: 's3',
      MEDIA_S3_ENDPOINT: server.endpoint,
      MEDIA_S3_BUCKET: server.bucket,
      MEDIA_S3_ACCESS_KEY_ID: server.key,
      MEDIA_S3_SECRET_ACCESS_KEY: server.key,
    },
  };
}
