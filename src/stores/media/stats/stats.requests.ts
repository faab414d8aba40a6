import { z } from 'zod';
import { wholeNumber } from '@holdfast/nest/http/fields';

/** Three days: as far as a chart is read, and as much as a database counts in a moment. */
const MOST_MINUTES = 4320;

export const StatsQuery = z.strictObject({
  window_minutes: wholeNumber(1, MOST_MINUTES)
    .default(60)
    .meta({ description: 'How far back: jobs that were started since.' }),
});
