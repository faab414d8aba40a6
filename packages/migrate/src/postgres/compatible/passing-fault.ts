import { isDisconnected } from '@holdfast/postgres/faults/faults';

/** Lock not available, deadlock: to be tried again. */
const AGAIN = ['55P03', '40P01'];

/** It says nothing of the statement. */
export function isPassing(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return isDisconnected(error) || AGAIN.includes(code ?? '');
}
