import { keptAnswerEntity } from '../kept-answer.entity.js';

/** The answers to requests with a key, but for photos, whose jobs have keys of their own. */
export const MediaKeptAnswerEntity = keptAnswerEntity('media_request_keys');
