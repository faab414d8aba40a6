import type { Report } from '@holdfast/guard/command/report';
import { editCredentials, readOperators } from '@holdfast/guard/credentials/edit-credentials';
import { ReasonError } from '../reasons.js';
import { userFile, userName } from './user-file.js';

/** `holdfast user remove` */
export async function removeUser(given: string, file: string | undefined): Promise<Report> {
  const [path, name] = [userFile(file), userName(given)];
  // A file that is not there is not made.
  readOperators(path);
  await editCredentials(path, (users) => {
    const left = users.filter((user) => user.name !== name);
    if (left.length === users.length) throw new ReasonError('OPERATOR_UNKNOWN');
    return left;
  });
  return { text: `${name} may log in no more\n`, document: { name, file: path } };
}
