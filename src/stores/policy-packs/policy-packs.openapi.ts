import type { OperationDescription, RequestHeader } from '@holdfast/nest/http/operation';
import * as examples from './policy-packs.examples.js';
import * as responses from './policy-packs.responses.js';

const ETAG = '"1-0f3a9c5e7b1d2846"';

const etagHeader = { ETag: 'Names this state of this pack, for If-Match and If-None-Match.' };

const ifMatch: RequestHeader = {
  name: 'If-Match',
  description:
    'Writes only if the pack has one of these entity tags, or with * if there is a pack; weak tags never match.',
  required: false,
  example: ETAG,
};

const ifNoneMatch = (description: string, example: string): RequestHeader => ({
  name: 'If-None-Match',
  description,
  required: false,
  example,
});

export const list: OperationDescription = {
  summary: 'List policy packs, newest first',
  description:
    'created_from is inclusive, created_to exclusive. Follow next_cursor until it is null; packs created meanwhile do not disturb the pages.',
  returns: {
    200: {
      description: 'One page.',
      schema: responses.PolicyPackPageBody,
      example: { items: [examples.packExample], next_cursor: null },
    },
  },
  errors: ['CURSOR_INVALID', 'POLICY_PACKS_DISABLED'],
};

export const get: OperationDescription = {
  summary: 'Get a policy pack',
  description: 'With an ETag: If-None-Match answers 304 for a pack that the caller has already.',
  headers: [ifNoneMatch('Answers 304 if the pack has one of these entity tags.', ETAG)],
  returns: {
    200: {
      description: 'The pack.',
      schema: responses.PolicyPackBody,
      example: examples.packExample,
      headers: etagHeader,
    },
    304: { description: 'The pack is one that If-None-Match names.', headers: etagHeader },
  },
  errors: ['POLICY_PACK_NOT_FOUND', 'PRECONDITION_INVALID', 'POLICY_PACKS_DISABLED'],
};

export const put: OperationDescription = {
  summary: 'Create or replace a policy pack',
  description:
    'A pack that exists is replaced only with If-Match. If-None-Match: * only creates. A pack that already says the same is left as it is, with its ETag. One pack applies to a target.',
  headers: [ifMatch, ifNoneMatch('With * the pack is only created, never replaced.', '*')],
  example: examples.putExample,
  returns: {
    201: {
      description: 'Created.',
      schema: responses.PolicyPackBody,
      example: examples.packExample,
      headers: { ...etagHeader, Location: 'Where the pack is.' },
    },
    200: {
      description: 'Replaced, or left as it was because it says the same.',
      schema: responses.PolicyPackBody,
      example: { ...examples.packExample, revision: 2 },
      headers: etagHeader,
    },
  },
  errors: [
    'PRECONDITION_INVALID',
    'PRECONDITION_REQUIRED',
    'POLICY_PACK_CHANGED',
    'RECORD_CONTENDED',
    'POLICY_PACK_EXISTS',
    'POLICY_PACK_TARGET_TAKEN',
    'POLICY_DEFINITION_TOO_LARGE',
    'POLICY_PACKS_DISABLED',
  ],
};

export const remove: OperationDescription = {
  summary: 'Delete a policy pack',
  description: 'Only with If-Match.',
  headers: [ifMatch, ifNoneMatch('Deletes only if the pack has none of these entity tags.', ETAG)],
  returns: { 204: { description: 'Deleted.' } },
  errors: [
    'PRECONDITION_INVALID',
    'PRECONDITION_REQUIRED',
    'POLICY_PACK_NOT_FOUND',
    'POLICY_PACK_CHANGED',
    'RECORD_CONTENDED',
    'POLICY_PACK_EXISTS',
    'POLICY_PACKS_DISABLED',
  ],
};

export const effective: OperationDescription = {
  summary: 'Get the policies that apply to a portfolio',
  description:
    "The portfolio's pack goes before the tenant's, and the tenant's before the default pack. They are merged leaf by leaf: each value comes from the first pack that has it, and maps (max_overdraft_by_ccy, group_constraints) merge by key. Without tenant_id no tenant's pack applies; without any pack, policies is empty.",
  returns: {
    200: {
      description: 'The merged policies, and where each value comes from.',
      schema: responses.EffectiveBody,
      example: examples.effectiveExample,
    },
  },
  errors: ['POLICY_PACKS_DISABLED'],
};
