import { SetMetadata } from '@nestjs/common';
import { ReasonError } from '../reasons.js';
import type { Caller } from './caller.js';

/** Key of the metadata of a handler. */
const ACTOR_FIELD = 'holdfast:actor-field';

/**
 * The field of the body that says who does what the request asks for. Where callers prove who they are it is
 * the caller: a body without it gets it, before it is validated, and one that names somebody else is refused.
 */
export const NamesActor = (field: string) => SetMetadata(ACTOR_FIELD, field);

/** @throws ACTOR_NOT_CALLER */
export function nameActor(handler: object, body: unknown, { subject }: Caller): void {
  const field = Reflect.getMetadata(ACTOR_FIELD, handler) as string | undefined;
  if (field === undefined || typeof body !== 'object' || body === null) return;
  const claimed = (body as Readonly<Record<string, unknown>>)[field];
  if (claimed === undefined) Object.assign(body, { [field]: subject });
  else if (typeof claimed === 'string' && claimed !== subject) {
    throw new ReasonError('ACTOR_NOT_CALLER', { detail: `${field} names somebody else` });
  }
}
