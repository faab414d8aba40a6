import type { DatabaseSettings } from './databases.js';
import { isSocket } from './dsn.js';
import type { Notice } from './judge-unread-names.js';
import { SSL_MODES, type SslMode } from './ssl-mode.js';

/** `PGSSLMODE` is libpq's and not read; where it asks for more than what holds, somebody may rely on it. */
export function judgeLibpqMode(
  asked: SslMode | undefined,
  databases: readonly DatabaseSettings[],
): readonly Notice[] {
  if (asked === undefined) return [];
  const isWeaker = databases.some(
    (database) =>
      database.type === 'postgresql' &&
      !database.dsn.hosts.every(isSocket) &&
      SSL_MODES.indexOf(database.tls.mode) < SSL_MODES.indexOf(asked),
  );
  const message = 'is not read, and asks for a stronger encryption than holds; set DB_SSL_MODE';
  return isWeaker ? [{ variable: 'PGSSLMODE', message }] : [];
}
