import { z } from 'zod';

/** Where a log-in leads that does not say where. */
export const USUAL_NEXT = '/login';

export const Form = z.object({
  username: z.string().max(256),
  password: z.string().max(1024),
  csrf_token: z.string().max(256),
  next: z.string().max(512).default(USUAL_NEXT),
});

export const Leaving = z.object({ csrf_token: z.string().max(256) });
