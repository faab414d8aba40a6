import { identifier, integer, nullable, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const JobKeyEntity = defineEntity(
  'job_key',
  {
    key: primary(identifier()),
    jobId: identifier(),
    requestHash: text(),
    /** Counted up by the process that works on the job, while it does; null of one that does not count. */
    beat: nullable(integer()),
  },
  { uniques: [{ columns: ['jobId'] }] },
);
