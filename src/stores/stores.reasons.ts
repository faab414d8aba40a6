import { answer, EXIT, defineReasons } from '@holdfast/core/reasons';
import '@holdfast/nest/reasons';

/** What is common to the stores. */
export const reasons = defineReasons({
  STATE_CONFLICT: answer(
    409,
    'What is to be changed has changed since it was read.',
    'Read it again and decide anew.',
  ),
  PURGE_UNDER_WAY: {
    meaning: 'Another process purges this store.',
    fix: 'Wait for it; the lease of a process that died ends after two minutes.',
    exit: EXIT.failed,
  },
  PURGE_LEASE_LOST: {
    meaning: 'The purge was so slow that another process has taken it over.',
    fix: 'Nothing is lost: the other process goes on. Look for what slows the database down.',
    exit: EXIT.failed,
  },
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
