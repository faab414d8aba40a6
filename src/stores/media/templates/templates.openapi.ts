import '../media.reasons.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';

export const remove: OperationDescription = {
  summary: 'Remove a template image of a slot',
  description: 'It is given to no driver from now on, and its file is removed.',
  returns: { 204: { description: 'Removed.' } },
  errors: ['TEMPLATE_NOT_FOUND'],
};
