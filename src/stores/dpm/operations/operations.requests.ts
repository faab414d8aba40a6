import { z } from 'zod';
import { document, identifier, listFields } from '@holdfast/nest/http/fields';
import { OPERATION_STATUSES } from './operation.js';

export const CreateOperation = z
  .strictObject({
    operation_type: identifier('What kind of work it is.'),
    correlation_id: identifier(
      'Names the operation for whoever asked; made when it is not given.',
    ).nullish(),
    rebalance_run_id: identifier(
      'The run that the operation belongs to, when it is known.',
    ).nullish(),
  })
  .meta({ id: 'CreateOperationRequest' });

export const FinishOperation = z
  .strictObject({
    result: document(
      'Any JSON value up to 1 MiB, null as well; it comes back as it was sent.',
    ).optional(),
    error: z
      .strictObject({
        code: identifier('What went wrong, for programs.'),
        message: z.string().max(65_536).meta({ description: 'What went wrong, for people.' }),
      })
      .optional(),
  })
  .refine(
    ({ result, error }) => (result === undefined) !== (error === undefined),
    'exactly one of result and error is required',
  )
  .meta({ id: 'FinishOperationRequest', description: 'Exactly one of result and error.' });

export const ListOperations = z.strictObject({
  operation_type: z.string().min(1).max(128).optional(),
  status: z.enum(OPERATION_STATUSES).optional(),
  rebalance_run_id: z.string().min(1).max(128).optional(),
  ...listFields,
});

export const OperationPath = z.strictObject({ operation_id: z.string().min(1).max(128) });

export const CorrelationPath = z.strictObject({ correlation_id: z.string().min(1).max(128) });
