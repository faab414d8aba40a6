import { keptAnswerEntity } from '../../kept-answer.entity.js';

/** The answers to requests with a key, but for those that create a proposal. */
export const AdvisoryKeptAnswerEntity = keptAnswerEntity('proposal_request_keys');
