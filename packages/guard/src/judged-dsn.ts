import type { IgnoredParameter } from './databases.js';
import { type Dsn, type DsnVerdict, judgeDsn, type DsnContext } from './dsn.js';
import { renewing } from './renewed-password.js';
import { readSecretFile, type SecretFile } from './secrets/secret-file.js';

/** A connection string as given: the variable that is to blame for it, and the judgement. */
export interface JudgedDsn {
  readonly variable: string;
  readonly verdict: DsnVerdict;
}

export function ignoredIn(variable: string, { ignored = [] }: Dsn): readonly IgnoredParameter[] {
  return ignored.map((message) => ({ variable, message }));
}

/**
 * With a password that is read again, where the connection string came from a file.
 * @param entry the part of the file's text that is the connection string
 */
export function renewed(
  verdict: DsnVerdict,
  file: SecretFile | undefined,
  dsnContext: DsnContext,
  entry: (text: string) => string = (text) => text,
): DsnVerdict {
  if (!('dsn' in verdict) || file === undefined) return verdict;
  return {
    dsn: renewing(verdict.dsn, async () => {
      const again = judgeDsn(entry(await readSecretFile(file)), dsnContext);
      return 'dsn' in again ? again.dsn : undefined;
    }),
  };
}
