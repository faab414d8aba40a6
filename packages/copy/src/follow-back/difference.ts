import { ReasonError } from '../reasons.js';

/** @throws COPY_RETURN_DIFFERS for two sides that are not equal; any other error as it is */
export function asDifference(error: unknown): never {
  const isDifference =
    error instanceof ReasonError && ['COPY_MISMATCH', 'COPY_ROWS_REJECTED'].includes(error.code);
  if (!isDifference) throw error;
  const { message: detail, errors } = error;
  throw new ReasonError('COPY_RETURN_DIFFERS', { detail, ...(errors && { errors }), cause: error });
}
