import '../media.reasons.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import { TemplateBody } from '../slots/slots.responses.js';
import { TemplateForm } from './templates.requests.js';

export const add: OperationDescription = {
  summary: 'Add a template image to a slot',
  description:
    'Its driver gets it beside every photo from now on. Its type is judged by its content.',
  returns: {
    201: {
      description: 'Added.',
      schema: TemplateBody,
      example: {
        id: '7b0f2c52-5a3e-4f0b-8f0e-2d6f4f1c9a10',
        slot_id: 'slot-001',
        media_kind: 'style',
        content_type: 'image/png',
        bytes: 48_211,
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        created_at: '2026-11-21T12:00:00.000Z',
      },
    },
  },
  errors: [
    'INVALID_REQUEST',
    'SLOT_NOT_FOUND',
    'TEMPLATE_LIMIT_REACHED',
    'PAYLOAD_TOO_LARGE',
    'MEDIA_TYPE_UNSUPPORTED',
    'MEDIA_FILES_UNAVAILABLE',
    'MEDIA_FILES_FULL',
  ],
  multipart: TemplateForm,
  example: { slot_id: 'slot-001', media_kind: 'style', file: '(the bytes of the image)' },
};

export const remove: OperationDescription = {
  summary: 'Remove a template image of a slot',
  description: 'It is given to no driver from now on, and its file is removed.',
  returns: { 204: { description: 'Removed.' } },
  errors: ['TEMPLATE_NOT_FOUND'],
};
