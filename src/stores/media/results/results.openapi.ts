import { z } from 'zod';
import type { OperationDescription, Returned } from '@holdfast/nest/http/operation';
import '../media.reasons.js';

const file: Returned = {
  description: 'The file: JPEG, PNG or WebP, as Content-Type says.',
  mediaType: 'image/*',
  schema: z.string().meta({ format: 'binary' }),
  example: '(the bytes of the image)',
  headers: {
    ETag: 'The SHA-256 of the file.',
    'Cache-Control': 'For how long it may be kept: no longer than it is there.',
    'Accept-Ranges': '`bytes`',
  },
};

const returns: OperationDescription['returns'] = {
  200: file,
  206: { ...file, description: 'The range of it that was asked for.' },
  304: { description: 'The client has it already.' },
  416: { description: 'Nothing of it is in the range; Content-Range says how long it is.' },
};

const headers = [
  {
    name: 'Range',
    description: 'One range of bytes; several are answered by all of it.',
    required: false,
    example: 'bytes=0-1023',
  },
  {
    name: 'If-Range',
    description: 'The ETag of which the range is; of another one, all is sent.',
    required: false,
    example: '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
  },
  {
    name: 'If-None-Match',
    description: 'ETags that the client has.',
    required: false,
    example: '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
  },
] as const;

export const result: OperationDescription = {
  summary: 'Gives the result of a job',
  description:
    'For everybody, until it expires: from then on it is gone, whether or not its file has been removed.',
  returns,
  errors: ['RESULT_NOT_FOUND', 'RESULT_EXPIRED', 'PRECONDITION_INVALID', 'MEDIA_FILES_UNAVAILABLE'],
  headers,
};

export const providerFile: OperationDescription = {
  summary: 'Gives a photo to its provider',
  description: 'Under a name that is used once, while the job lasts.',
  returns,
  errors: ['RESULT_NOT_FOUND', 'PRECONDITION_INVALID', 'MEDIA_FILES_UNAVAILABLE'],
  headers,
};
