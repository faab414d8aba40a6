import { randomBytes } from 'node:crypto';
import type { Report } from '@holdfast/guard/command/report';
import { isScope, type Operator } from '@holdfast/guard/credentials/credentials';
import { editCredentials } from '@holdfast/guard/credentials/edit-credentials';
import { hashPassword } from '@holdfast/nest/login/password';
import { ReasonError } from '../reasons.js';
import { readPassword } from './read-password.js';
import { userFile, userName } from './user-file.js';

interface Choice {
  readonly scopes?: string;
  readonly replace?: boolean;
  readonly file?: string;
}

const USUAL_SCOPES = ['ops:read'];
const ID_BYTES = 12;
/** What NIST asks of one that is the only factor is 15, of one beside another 8. */
const LEAST_CHARACTERS = 12;
const MOST_CHARACTERS = 1024;

/** `holdfast user add`: the password never stands in a command line, which others can see. */
export async function addUser(given: string, { scopes, replace, file }: Choice): Promise<Report> {
  const [path, name] = [userFile(file), userName(given)];
  const asked = scopes === undefined ? undefined : scopesIn(scopes);
  const password = await hashPassword(judged(await readPassword(`Password of ${name}: `)));
  let saved: Operator | undefined;
  await editCredentials(path, (users) => {
    const before = users.find((user) => user.name === name);
    if (before && replace !== true) throw new ReasonError('OPERATOR_EXISTS');
    if (!before && replace === true) throw new ReasonError('OPERATOR_UNKNOWN');
    saved = {
      ...{ name, id: randomBytes(ID_BYTES).toString('base64url'), password },
      scopes: asked ?? before?.scopes ?? USUAL_SCOPES,
      changed_at: new Date().toISOString(),
    };
    return [...users.filter((user) => user !== before), saved];
  });
  const shown = { name, scopes: saved?.scopes ?? [], file: path };
  const done = replace === true ? 'has another password' : 'may log in';
  return { text: `${name} ${done}, with ${shown.scopes.join(' ')}\n`, document: shown };
}

/** @throws USAGE */
function scopesIn(text: string): readonly string[] {
  const scopes = text.split(/[\s,]+/).filter((each) => each !== '');
  const isFine = scopes.length > 0 && scopes.length <= 64 && scopes.every((each) => isScope(each));
  if (isFine) return [...new Set(scopes)];
  throw new ReasonError('USAGE', { detail: 'scopes are like ops:read,proposals:read' });
}

/** @throws USAGE */
function judged(password: string): string {
  const { length } = password;
  if (length >= LEAST_CHARACTERS && length <= MOST_CHARACTERS) return password;
  const detail = `a password has ${LEAST_CHARACTERS} to ${MOST_CHARACTERS} characters`;
  throw new ReasonError('USAGE', { detail });
}
