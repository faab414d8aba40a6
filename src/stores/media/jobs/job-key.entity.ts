import { identifier, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const JobKeyEntity = defineEntity(
  'job_key',
  {
    key: primary(identifier()),
    jobId: identifier(),
    requestHash: text(),
  },
  { uniques: [{ columns: ['jobId'] }] },
);
