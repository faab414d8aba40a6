import { ReasonError } from '../reasons.js';

export const FORM_TYPE = 'application/x-www-form-urlencoded';
/** Of fields that people type, all of whose characters are escaped. */
const MOST_BYTES = 16 * 1024;

/** The fields of a form, each once. @throws BODY_TOO_LARGE, BODY_MALFORMED */
export function readFormBody(body: Buffer): Readonly<Record<string, string>> {
  if (body.length > MOST_BYTES) throw new ReasonError('BODY_TOO_LARGE');
  const fields = new URLSearchParams(body.toString('utf8'));
  const names = new Set(fields.keys());
  if (names.size < fields.size) throw new ReasonError('BODY_MALFORMED');
  return Object.fromEntries(fields);
}

export function isFormType(type: string | undefined): boolean {
  return type?.split(';', 1)[0]?.trim().toLowerCase() === FORM_TYPE;
}
