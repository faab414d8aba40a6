import { answer, defineReasons } from '@holdfast/core/reasons';
import '../stores.reasons.js';

/** What the store refuses. */
export const reasons = defineReasons({
  SAMPLE_THING_NOT_FOUND: answer(404, 'There is no such sample thing.', 'Check sample_thing_id.'),
  SAMPLE_THING_EXISTS: answer(
    409,
    'Another sample thing has that identifier.',
    'Choose another sample_thing_id, or send the text that is there.',
  ),
  SAMPLE_THING_TOO_LONG: answer(
    413,
    'The text is longer than this service takes.',
    'Shorten the text, or raise SAMPLE_THINGS_MOST_CHARACTERS.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
