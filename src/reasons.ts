import '@holdfast/copy/reasons';
import '@holdfast/nest/reasons';
import '@holdfast/nest/cutover/cutover.reasons';
import './backup/backup.reasons.js';
import './balancer.reasons.js';
import './commands/status.reasons.js';
import './proof/proof.reasons.js';
import './stores/registry.js';

/** Thrown from here, an error may have any code of this build. */
export { ReasonError } from '@holdfast/core/reasons';
