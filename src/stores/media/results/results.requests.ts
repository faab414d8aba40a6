import { z } from 'zod';

export const JobPath = z.strictObject({
  job_id: z.string().meta({ example: '0b1f6c1e-7c55-4d0c-9a55-0a6d3f2f8a11' }),
});

export const ProviderFilePath = z.strictObject({
  name: z.string().meta({ example: '5d0c6c1e-7c55-4d0c-9a55-0a6d3f2f8a11' }),
});
