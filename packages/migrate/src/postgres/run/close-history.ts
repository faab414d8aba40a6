import type pg from 'pg';
import { HISTORY_TABLES } from '@holdfast/postgres/verification/excess-rights';

const NAMES = HISTORY_TABLES.map((name) => `to_regclass('${name}')`).join(', ');

/** Rights of others than the owner to change what is in them; reading is left to whom it was given. */
const GIVEN = `
  FROM pg_class c, aclexplode(c.relacl) a
 WHERE c.oid IN (${NAMES}) AND a.grantee <> c.relowner AND a.privilege_type <> 'SELECT'
   AND pg_has_role(c.relowner, 'usage')`;

/**
 * Takes away what default privileges give to the service's role on every new table, the ledger and the
 * identity as well: who may write those could rewrite what has been done. In the transaction that makes them.
 */
export const CLOSE_HISTORY = `
DO $holdfast$
DECLARE given record;
BEGIN
  FOR given IN SELECT c.oid::regclass AS place, a.privilege_type AS what,
      CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS holder ${GIVEN}
  LOOP
    EXECUTE format('REVOKE %s ON %s FROM %s', given.what, given.place, given.holder);
  END LOOP;
END $holdfast$;`;

/** Whether others may change the ledger or the identity, and the role of this connection can take that away. */
export async function isHistoryOpen(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ open: boolean }>(
    `SELECT EXISTS (SELECT 1 ${GIVEN}) AS open`,
  );
  return rows[0]?.open === true;
}
