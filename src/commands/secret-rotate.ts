import { readFile } from '@holdfast/guard/configure';
import type { Report } from '@holdfast/guard/command/report';
import { reencryptWithin } from '@holdfast/guard/secrets/encrypted-value';
import { replaceFile } from '@holdfast/guard/secrets/replace-file';
import type { SecretKeys } from '@holdfast/guard/secrets/secret-keys';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { ReasonError } from '../reasons.js';
import { secretKeys } from './secret-keys.js';

export interface RotateFlags {
  readonly json?: boolean;
  readonly keyFile?: string;
  readonly dryRun?: boolean;
  /** Also what databases hold. */
  readonly stored?: boolean;
}

/** `holdfast secret rotate`: nothing is written unless every value of every file can be opened. */
export function rotate(files: readonly string[], { keyFile, dryRun = false }: RotateFlags): Report {
  if (files.length === 0)
    throw new ReasonError('USAGE', { detail: 'name files, or give --stored' });
  return rotateFiles(files, secretKeys(keyFile), dryRun).write();
}

/** `holdfast secret rotate --stored`: files, too, where they are named; and neither unless all values can be opened. */
export async function rotateStored(
  context: CommandContext,
  files: readonly string[],
  { keyFile, dryRun = false }: RotateFlags,
): Promise<Report> {
  const keys = secretKeys(keyFile ?? context.settings.secretKeyFile);
  const ofFiles = rotateFiles(files, keys, dryRun);
  const { withMediaPlaces } = await import('./media-places.js');
  const { rotateProviderKeys } = await import('../stores/media/settings/rotate-provider-keys.js');
  const { SqlSettingRepository } =
    await import('../stores/media/settings/setting.repository.sql.js');
  const stored = await withMediaPlaces(context, (_, database) =>
    rotateProviderKeys(new SqlSettingRepository(database), keys, dryRun).catch((error: unknown) => {
      throw toldOf('the media store', error);
    }),
  );
  const { text, document } = ofFiles.write();
  const told =
    typeof stored === 'string'
      ? `media store: ${stored}, nothing to encrypt\n`
      : lineOf({ file: 'media store', ...stored }, ofFiles.keyId, dryRun);
  return {
    text: `${told}${text}`,
    document: { ...document, stored: typeof stored === 'string' ? null : stored },
  };
}

interface Rotated {
  readonly file: string;
  readonly rotated: number;
  readonly current: number;
}

function rotateFiles(files: readonly string[], keys: SecretKeys, dryRun: boolean) {
  const [keyId = ''] = keys.keys();
  const rotations = files.map((file) => rotationOf(file, keys));
  return {
    keyId,
    write: () => {
      for (const { file, text, rotated } of rotations) {
        if (rotated > 0 && !dryRun) replaceFile(file, text);
      }
      const counted = rotations.map(({ file, rotated, current }) => ({ file, rotated, current }));
      return {
        text: counted.map((each) => lineOf(each, keyId, dryRun)).join(''),
        document: { key_id: keyId, dry_run: dryRun, files: counted },
      };
    },
  };
}

function lineOf({ file, rotated, current }: Rotated, keyId: string, dryRun: boolean): string {
  return `${file}: ${rotated} encrypted with ${keyId}${dryRun ? ' if it were no dry run' : ''}, ${current} with it before\n`;
}

function rotationOf(file: string, keys: SecretKeys) {
  try {
    return { file, ...reencryptWithin(textOf(file), keys) };
  } catch (error) {
    throw toldOf(file, error);
  }
}

/** What is wrong, with where it is. */
function toldOf(place: string, error: unknown): Error {
  if (!(error instanceof ReasonError)) return error as Error;
  const { code, message } = error;
  return new ReasonError(code, { detail: `${place} ${message}; nothing has been written` });
}

/** @throws SECRET_FILE_UNREADABLE */
function textOf(file: string): string {
  try {
    return readFile(file);
  } catch (cause) {
    throw new ReasonError('SECRET_FILE_UNREADABLE', { detail: 'cannot be read', cause });
  }
}
