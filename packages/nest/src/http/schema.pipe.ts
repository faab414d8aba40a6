import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { ReasonError } from '../reasons.js';

/** A message can repeat the keys of the request: an answer stays small whatever was sent. */
const MOST_ERRORS = 50;
const LONGEST_MESSAGE = 300;

/**
 * Validates what a parameter decorator's `schema` describes. Nest's own pipe for Standard Schemas
 * is not used because it deletes keys such as `constructor` from users' documents.
 */
@Injectable()
export class SchemaPipe implements PipeTransform {
  /** @throws VALIDATION_FAILED with the path and the message of each fault, BODY_MALFORMED */
  async transform(value: unknown, { schema, type }: ArgumentMetadata): Promise<unknown> {
    if (!schema) return value;
    if (type !== 'body') refuseNul(value);
    else if (value === undefined) throw new ReasonError('BODY_MALFORMED');
    const result = await schema['~standard'].validate(value);
    if (!result.issues) return result.value;
    throw new ReasonError('VALIDATION_FAILED', {
      errors: result.issues.slice(0, MOST_ERRORS).map(({ path = [], message }) => ({
        path: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
        message: message.slice(0, LONGEST_MESSAGE),
      })),
    });
  }
}

/** Bodies are judged by `readJsonBody`; paths and queries carry texts as well. */
function refuseNul(value: unknown): void {
  for (const [path, text] of Object.entries(value as Record<string, unknown>)) {
    if (typeof text !== 'string' || !text.includes('\0')) continue;
    throw new ReasonError('VALIDATION_FAILED', { errors: [{ path, message: 'holds a NUL' }] });
  }
}
