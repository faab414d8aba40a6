import { Decrypter, identityToRecipient } from 'age-encryption';
import { readFile } from '@holdfast/guard/configure';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { ReasonError } from '../backup.reasons.js';
import { backupVariables } from '../backup.variables.js';
import type { Manifest } from '../manifest.js';
import { recipientsOf } from './recipients.js';

/** What opens files, and the public keys of those that it opens. */
interface Identities {
  readonly recipients: ReadonlySet<string>;
  readonly decrypter: Decrypter;
}

/** @throws BACKUP_KEY_MISSING, BACKUP_KEY_INVALID */
export async function identitiesOf(settings: Settings): Promise<Identities> {
  const { BACKUP_AGE_IDENTITY_PATH: path } = valuesOf(settings, backupVariables);
  if (path === undefined)
    throw new ReasonError('BACKUP_KEY_MISSING', { detail: 'BACKUP_AGE_IDENTITY_PATH names none' });
  if (readFile.exposureOf?.(path) === 'others')
    throw invalid('can be read by every user of the machine');
  const text = textOf(path);
  const decrypter = new Decrypter();
  const recipients = new Set<string>();
  for (const [index, line] of text
    .split('\n')
    .map((each) => each.trim())
    .entries()) {
    if (line === '' || line.startsWith('#')) continue;
    try {
      decrypter.addIdentity(line);
      recipients.add(await identityToRecipient(line));
    } catch {
      // What the library says may repeat a part of the line.
      throw invalid(`has no identity of age's in line ${index + 1}`);
    }
  }
  if (recipients.size === 0) throw invalid('has no identity in it');
  return { recipients, decrypter };
}

/** Before anything is done with a backup. @throws BACKUP_KEY_MISSING, BACKUP_KEY_WRONG, BACKUP_KEY_INVALID */
export async function refuseOtherKey(
  settings: Settings,
  { files }: Pick<Manifest, 'files'>,
): Promise<void> {
  for (const { name, encryption } of files)
    if (encryption) await refuseUnopened(settings, name, encryption.recipients);
}

/** Before a backup is made that is to be opened again. @throws as `refuseOtherKey` does */
export async function refuseUnprovable(settings: Settings): Promise<void> {
  const recipients = recipientsOf(settings);
  if (recipients) await refuseUnopened(settings, 'the backup', recipients.names);
}

async function refuseUnopened(
  settings: Settings,
  what: string,
  names: readonly string[],
): Promise<void> {
  const { recipients } = await identitiesOf(settings);
  if (names.some((name) => recipients.has(name))) return;
  throw new ReasonError('BACKUP_KEY_WRONG', {
    detail: `${what} is encrypted for ${names.join(', ')}, and the keys are of ${[...recipients].join(', ')}`,
  });
}

/** @throws BACKUP_KEY_MISSING */
function textOf(path: string): string {
  try {
    return readFile(path);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new ReasonError('BACKUP_KEY_MISSING', {
      detail: `the file that BACKUP_AGE_IDENTITY_PATH names cannot be read (${code})`,
      cause,
    });
  }
}

function invalid(why: string): ReasonError {
  return new ReasonError('BACKUP_KEY_INVALID', {
    detail: `the file that BACKUP_AGE_IDENTITY_PATH names ${why}`,
  });
}
