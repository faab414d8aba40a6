import type { KeptAnswer } from '../../src/stores/kept-answers.js';

export const answerTo = (key: string, draft: Partial<KeptAnswer> = {}): KeptAnswer => ({
  key,
  requestHash: 'a'.repeat(64),
  answer: '{}',
  createdAt: '2026-11-21T12:00:00.123Z',
  ...draft,
});
