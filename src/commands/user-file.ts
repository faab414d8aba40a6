import { readConfiguration } from '@holdfast/guard/configure';
import { isOperatorName, normalizedName } from '@holdfast/guard/credentials/credentials';
import { ReasonError } from '../reasons.js';
import { service } from '../service.js';

/** The file that is given, or that ADMIN_CREDENTIALS_PATH names. @throws USAGE for neither */
export function userFile(given: string | undefined): string {
  const file = given ?? readConfiguration(process, service).raw.texts.get('ADMIN_CREDENTIALS_PATH');
  if (file !== undefined && file.trim() !== '') return file.trim();
  throw new ReasonError('USAGE', {
    detail: 'there is no file of operators: give --file, or set ADMIN_CREDENTIALS_PATH',
  });
}

/** @throws USAGE for what is no name; it is not repeated, for it may be a password */
export function userName(given: string): string {
  const name = normalizedName(given);
  if (isOperatorName(name)) return name;
  throw new ReasonError('USAGE', {
    detail:
      'a name begins with a letter or a digit, and has up to 64 small letters, digits, dots, hyphens, underscores and @',
  });
}
