import { defineReasons, EXIT } from '@holdfast/core/reasons';
import '@holdfast/nest/reasons';

/** What the status of a service can be lacking for. */
export const reasons = defineReasons({
  STATUS_SERVICE_UNREACHABLE: {
    meaning:
      'The service whose status is asked for does not answer, or what answers is no Holdfast service.',
    fix: 'Look whether the process runs and listens (`listening` in its log has the address), name one instance with --url, past the load balancer, and under OPS_ACCESS=separate-port its port of operations.',
    exit: EXIT.unavailable,
  },
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
