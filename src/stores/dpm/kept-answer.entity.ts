import { keptAnswerEntity } from '../kept-answer.entity.js';

/** The answers to requests with a key about decisions, operations and lineage. */
export const DpmKeptAnswerEntity = keptAnswerEntity('dpm_request_keys');
