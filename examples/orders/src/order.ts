import { z } from 'zod';

export const NewOrder = z.strictObject({
  article: z.string().min(1).max(200),
  quantity: z.int().positive(),
});

export type NewOrder = z.output<typeof NewOrder>;

export interface Order extends NewOrder {
  readonly id: string;
}
