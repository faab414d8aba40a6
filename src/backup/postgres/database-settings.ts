import type pg from 'pg';
import type { PostgresBackup } from '../manifest.js';

type Locale = PostgresBackup['locale'];
type DatabaseSettings = NonNullable<PostgresBackup['settings']>;
type OfDatabase = Pick<PostgresBackup, 'locale' | 'settings' | 'extensions'>;

/** What `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET` have set, which no dump has. */
export async function readSettings(client: pg.Client): Promise<DatabaseSettings> {
  const { rows } = await client.query<{ name: string; value: string | null }>(
    `SELECT split_part(given, '=', 1) || CASE WHEN setrole = 0 THEN '' ELSE ' for ' || quote_ident(pg_get_userbyid(setrole)) END AS name,
            CASE WHEN split_part(given, '=', 1) NOT LIKE '%.%' THEN substr(given, strpos(given, '=') + 1) END AS value
       FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(setconfig) AS given
      WHERE datname = current_database() ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** A dump says which extensions there are, and not of which version: a restore makes those that the server has. */
export async function readExtensions(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; version: string }>(
    'SELECT extname::text AS name, extversion AS version FROM pg_extension ORDER BY 1',
  );
  return Object.fromEntries(rows.map(({ name, version }) => [name, version]));
}

/**
 * In what a database is another than the one that was backed up, beside all that is in it.
 * @returns in words; undefined where there is no difference
 */
export function databaseThatDiffers(
  backedUp: OfDatabase,
  restored: OfDatabase,
): string | undefined {
  const found = [
    ...LOCALE_PARTS.flatMap(([part, words]) => {
      const [before, after] = [backedUp.locale[part], restored.locale[part]];
      if (plain(before) === plain(after)) return [];
      return [`its ${words} is ${after ?? 'none'}, not ${before ?? 'none'}`];
    }),
    ...Object.entries(backedUp.settings ?? {}).flatMap(([name, value]) =>
      restored.settings?.[name] === value
        ? []
        : [`not set: ${name}${value === null ? '' : ` = ${value}`}`],
    ),
    ...Object.entries(backedUp.extensions ?? {}).flatMap(([name, version]) => {
      const after = restored.extensions?.[name];
      if (after === undefined || after === version) return [];
      return [`the extension ${name} is of version ${after}, not ${version}`];
    }),
  ];
  return found.length === 0 ? undefined : found.join('; ');
}

const LOCALE_PARTS: readonly (readonly [keyof Locale, string])[] = [
  ['encoding', 'encoding'],
  ['provider', 'locale provider'],
  ['collate', 'collation'],
  ['ctype', 'character type'],
  ['locale', 'locale'],
];

/** Systems write the same locale in several ways: `C.UTF-8`, `C.utf8`. */
function plain(name: string | null): string {
  return (name ?? '').toLowerCase().replaceAll('-', '');
}
