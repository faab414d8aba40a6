import { authModeOf } from '../caller-settings.js';
import type { JudgeInput } from '../judge-input.js';
import type { Profile } from '../profile.js';
import { ReasonError } from '../reasons.js';
import type { Exposure } from '../secrets/file-exposure.js';
import { violation, type Violation } from '../violation.js';
import { parseCredentials } from './credentials.js';

/** Names the file of those who may log in. */
export const CREDENTIALS_VARIABLE = 'ADMIN_CREDENTIALS_PATH';

/** What log-ins need: a key to sign with, and a file of operators that can be read. */
export function judgeCredentials(input: JudgeInput, profile: Profile): readonly Violation[] {
  const { values, raw, dsnContext } = input;
  const path = values.ADMIN_CREDENTIALS_PATH;
  if (path === undefined || authModeOf(values, profile) === 'none') return [];
  const hasKey = raw.texts.has('JWT_SIGNING_KEY') || raw.unreadable.has('JWT_SIGNING_KEY');
  const message = 'is set, but JWT_SIGNING_KEY is not: no token can be signed';
  const withoutKey = violation('LOGIN_REQUIRES_SIGNING_KEY', CREDENTIALS_VARIABLE, message);
  const fault = faultOf(path, dsnContext.readFile);
  return [...(hasKey ? [] : [withoutKey]), ...(fault ? [fault] : [])];
}

/** Who else can read the hashes. */
export function credentialsExposure({ values, dsnContext }: JudgeInput): Exposure | undefined {
  const path = values.ADMIN_CREDENTIALS_PATH;
  return path === undefined ? undefined : dsnContext.readFile.exposureOf?.(path);
}

function faultOf(path: string, readFile: (path: string) => string): Violation | undefined {
  try {
    parseCredentials(readFile(path));
    return undefined;
  } catch (error) {
    if (error instanceof ReasonError) {
      return violation(error.code, CREDENTIALS_VARIABLE, `names a file that ${error.message}`);
    }
    const isMissing = (error as { readonly code?: unknown }).code === 'ENOENT';
    return isMissing
      ? violation(
          'CREDENTIALS_FILE_MISSING',
          CREDENTIALS_VARIABLE,
          'names a file that is not there',
        )
      : violation(
          'CREDENTIALS_FILE_UNREADABLE',
          CREDENTIALS_VARIABLE,
          'names a file that cannot be read',
        );
  }
}
