import { isOfExtension, isUserSchema } from '../user-objects.js';
import { identity } from './said.js';

/** @param relation SQL */
const ofUserTable = (relation: string): string =>
  `EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = ${relation} AND c.relpersistence <> 't' AND ${isUserSchema('n.nspname')}) AND NOT ${isOfExtension('pg_class', relation)}`;

/** Who may see which rows, and what becomes of what is asked. */
export const ACCESS: readonly string[] = [
  `SELECT 'roles of policy ' || ${identity('pg_policy', 'p.oid')}, 0,
          (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY role = 0, pg_get_userbyid(role))
             FROM unnest(p.polroles) AS role)
     FROM pg_policy p WHERE ${ofUserTable('p.polrelid')}`,
  `SELECT 'rule ' || ${identity('pg_rewrite', 'r.oid')}, 0, pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text
     FROM pg_rewrite r WHERE r.rulename <> '_RETURN' AND ${ofUserTable('r.ev_class')}`,
];
