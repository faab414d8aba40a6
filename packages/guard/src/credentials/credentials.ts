import Joi from 'joi';
import { ReasonError } from '../reasons.js';
import { parsePasswordHash } from './password-hash.js';

/** Who may log in, as the file of ADMIN_CREDENTIALS_PATH has it. */
export interface Operator {
  /** In small letters. */
  readonly name: string;
  /** Another one whenever the password is changed: what was begun with the one before ends. */
  readonly id: string;
  /** A PHC string. */
  readonly password: string;
  readonly scopes: readonly string[];
  readonly changed_at: string;
}

/** As many operators as the file may hold bytes of; they are people who run the service, not its users. */
export const MOST_CREDENTIALS_BYTES = 65_536;

const NAME = /^[a-z0-9][a-z0-9._@-]{0,63}$/;
const SCOPE = /^[a-z][a-z0-9_-]{0,31}:[a-z][a-z0-9_-]{0,31}$/;

/** Made when it is needed: most processes have no such file. */
const fileSchema = () =>
  Joi.object({
    version: Joi.valid(1).required(),
    users: Joi.array()
      .items(
        Joi.object({
          name: Joi.string().pattern(NAME).required(),
          id: Joi.string()
            .pattern(/^[\w-]{8,64}$/)
            .required(),
          password: Joi.string()
            .custom((text: string, { error }) =>
              parsePasswordHash(text) ? text : error('any.invalid'),
            )
            .required(),
          scopes: Joi.array().items(Joi.string().pattern(SCOPE)).max(64).required(),
          changed_at: Joi.string().isoDate().required(),
        }),
      )
      .unique('name')
      .required(),
  });

/** @throws CREDENTIALS_FILE_MALFORMED, which says where, and nothing of what stands there */
export function parseCredentials(text: string): readonly Operator[] {
  if (Buffer.byteLength(text) > MOST_CREDENTIALS_BYTES) throw malformed('has more than 64 KiB');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed('is no JSON');
  }
  const { error } = fileSchema().validate(document, { convert: false });
  if (!error) return (document as { readonly users: readonly Operator[] }).users;
  const place = error.details[0]?.path.join('.') ?? '';
  throw malformed(place === '' ? 'holds no credentials' : `does not fit at ${place}`);
}

/** @throws CREDENTIALS_FILE_NOT_WRITTEN for more than the file may hold */
export function formatCredentials(users: readonly Operator[]): string {
  const text = `${JSON.stringify({ version: 1, users }, null, 2)}\n`;
  if (Buffer.byteLength(text) > MOST_CREDENTIALS_BYTES) {
    const detail = 'there are more operators than 64 KiB hold';
    throw new ReasonError('CREDENTIALS_FILE_NOT_WRITTEN', { detail });
  }
  return text;
}

/** A name as operators may write it. */
export function normalizedName(name: string): string {
  return name.trim().toLowerCase();
}

export function isOperatorName(name: string): boolean {
  return NAME.test(name);
}

export function isScope(scope: string): boolean {
  return SCOPE.test(scope);
}

function malformed(detail: string): ReasonError {
  return new ReasonError('CREDENTIALS_FILE_MALFORMED', { detail });
}
