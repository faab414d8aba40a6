import '../media.reasons.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as responses from './settings.responses.js';

const AT = '2026-11-21T12:00:00.000Z';

const settingsExample = {
  sync_response_seconds: 48,
  result_ttl_hours: 72,
  ingest_password_rotated_at: AT,
  provider_keys: {
    gemini: { configured: true, updated_at: AT },
    turbotext: { configured: false, updated_at: null },
  },
  version: 3,
  updated_at: AT,
  updated_by: 'ada',
};

export const get: OperationDescription = {
  summary: 'Get the settings of the media store',
  description: 'Passwords and keys are written and never read: only when they were changed.',
  returns: {
    200: {
      description: 'The settings.',
      schema: responses.SettingsBody,
      example: settingsExample,
    },
  },
};

export const put: OperationDescription = {
  summary: 'Change the settings of the media store',
  description:
    'Only with the version that was read; what is absent stays as it is. It holds for all instances within a second. The password is stored as a hash, keys encrypted with the key of HOLDFAST_SECRET_KEY_FILE.',
  example: { version: 2, result_ttl_hours: 24, ingest_password: 'a-long-new-password' },
  returns: {
    200: {
      description: 'The settings as they are now.',
      schema: responses.SettingsBody,
      example: settingsExample,
    },
  },
  errors: ['STATE_CONFLICT', 'PROVIDER_KEY_REQUIRES_SECRET_KEY'],
};
