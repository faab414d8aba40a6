import { currentRequest } from '@holdfast/core/served-request';

/**
 * A step of a long request at the database, with as much time as a short request has: the photo may have taken
 * longer than databases may, and how it ended is written though its client has left.
 */
export function inDatabase<T>(work: () => Promise<T>): Promise<T> {
  return currentRequest.run(currentRequest.getStore()?.renewed(), work);
}
