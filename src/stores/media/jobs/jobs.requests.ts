import { z } from 'zod';
import { identifier } from '@holdfast/nest/http/fields';

export const JobPath = z.strictObject({ job_id: identifier("The job's identifier.") });
