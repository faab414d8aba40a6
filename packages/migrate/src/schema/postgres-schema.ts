import type { Client } from 'pg';
import { type CatalogIndex, describeIndex, exclusionDefinition } from './postgres-index.js';
import type { Column, Constraint, ConstraintKind, Index, Schema, Table } from './schema.js';

interface CatalogTable {
  readonly oid: number;
  readonly name: string;
  /** All that it ever had, in the order of their numbers. */
  readonly attributes: readonly string[];
  readonly has_expressions: boolean;
}

interface CatalogColumn extends Column {
  readonly table: string;
  readonly name: string;
}

interface CatalogConstraint {
  readonly table: string;
  readonly name: string;
  readonly kind: ConstraintKind;
  readonly definition: string;
  readonly validated: boolean;
}

/**
 * Reads tables from the catalogues in five statements, and touches no table: another session's
 * exclusive lock on one keeps nothing waiting. PostgreSQL's own functions would open a table to
 * print the columns of an expression, so they are shown an empty table with the same columns.
 * @param client in a transaction that is going to be rolled back; changes its `search_path`
 * @param schema where the tables are; its name is left out of what is read
 * @param scratch a schema that those empty tables are made in
 * @param extensions schemas whose types and functions are named without them, too
 * @param names only tables of these names; every one by default
 */
export async function readPostgresSchema(
  client: Client,
  schema: string,
  scratch: string,
  extensions: readonly string[],
  names: readonly string[] | null = null,
): Promise<Schema> {
  await client.query(
    `SELECT set_config('search_path', string_agg(quote_ident(name), ', ' ORDER BY place), true)
       FROM unnest($1::text[]) WITH ORDINALITY AS path (name, place)`,
    [[schema, ...extensions]],
  );
  const { rows: found } = await client.query<CatalogTable>(TABLES, [schema, names]);
  const shadows = found.filter((table) => table.has_expressions);
  if (shadows.length > 0) {
    await client.query(shadows.map((table) => shadowOf(client, scratch, table)).join(';\n'));
  }
  const oids = [found.map(({ oid }) => oid), scratch];
  const { rows: columns } = await client.query<CatalogColumn>(COLUMNS, oids);
  const { rows: constraints } = await client.query<CatalogConstraint>(CONSTRAINTS, oids);
  const { rows: indexes } = await client.query<CatalogIndex>(INDEXES, oids);

  const tables = new Map(found.map(({ name }) => [name, emptyTable()]));
  for (const { table, name, ...column } of columns) tables.get(table)?.columns.set(name, column);
  for (const { table, name, ...constraint } of constraints) {
    tables.get(table)?.constraints.set(name, constraint);
  }
  for (const index of indexes) {
    const table = tables.get(index.table);
    if (index.operators === null) {
      table?.indexes.set(index.name, { definition: describeIndex(index), valid: index.valid });
    } else {
      table?.constraints.set(index.name, {
        kind: 'exclusion constraint',
        definition: exclusionDefinition(index, index.operators),
        validated: true,
      });
    }
  }
  return tables;
}

interface GrowingTable extends Table {
  readonly columns: Map<string, Column>;
  readonly constraints: Map<string, Constraint>;
  readonly indexes: Map<string, Index>;
}

function emptyTable(): GrowingTable {
  return { columns: new Map(), constraints: new Map(), indexes: new Map() };
}

function shadowOf(client: Client, scratch: string, { oid, attributes }: CatalogTable): string {
  const columns = attributes.map((name) => `${client.escapeIdentifier(name)} integer`);
  return `CREATE TABLE ${client.escapeIdentifier(scratch)}.holdfast_shadow_${oid} (${columns.join(', ')})`;
}

const shadow = (table: string) =>
  `to_regclass(quote_ident($2) || '.holdfast_shadow_' || ${table}::text)`;

const TABLES = `
SELECT c.oid, c.relname AS name,
       (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0) AS attributes,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated <> '')
         OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c')
         OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid
                      AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)) AS has_expressions
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
   AND ($2::text[] IS NULL OR c.relname = ANY ($2))
 ORDER BY c.oid`;

const COLUMNS = `
SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN NOT a.attnotnull THEN 'NULL'
            WHEN EXISTS (SELECT FROM pg_constraint k
                          WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]
                            AND NOT k.convalidated) THEN 'NOT NULL NOT VALID'
            ELSE 'NOT NULL' END AS nullability,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, 0) END AS default,
       CASE WHEN a.attcollation <> t.typcollation THEN
         (SELECT quote_ident(l.collname) FROM pg_collation l WHERE l.oid = a.attcollation)
       END AS collation,
       CASE WHEN a.attidentity = 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
            WHEN a.attidentity = 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY'
            WHEN a.attgenerated <> '' THEN
              'GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, ${shadow('c.oid')}, true) || ')'
              || CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END
       END AS generated
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
       LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.oid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY c.oid, a.attnum`;

/** `conenforced` is read as JSON because it is new in PostgreSQL 18. */
const CONSTRAINTS = `
SELECT c.relname AS table, k.conname AS name, k.convalidated AS validated,
       CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique constraint'
                      WHEN 'c' THEN 'check constraint' ELSE 'foreign key' END AS kind,
       CASE k.contype WHEN 'c' THEN
         'CHECK (' || pg_get_expr(k.conbin, ${shadow('c.oid')}, true) || ')'
         || CASE WHEN k.connoinherit THEN ' NO INHERIT' ELSE '' END
         || CASE to_jsonb(k) ->> 'conenforced' WHEN 'false' THEN ' NOT ENFORCED' ELSE '' END
       ELSE regexp_replace(pg_get_constraintdef(k.oid, true), ' NOT VALID$', '') END AS definition
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.oid = ANY ($1) AND k.contype IN ('p', 'u', 'c', 'f') AND $2::text IS NOT NULL
 ORDER BY c.oid, k.conname`;

const INDEXES = `
SELECT c.relname AS table, x.relname AS name, i.indisunique AS unique,
       i.indisvalid AND i.indisready AS valid, m.amname AS method, i.indnkeyatts AS key_columns,
       to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' AS nulls_not_distinct,
       x.reloptions AS storage,
       (SELECT json_agg(o.oprname ORDER BY place)
          FROM unnest(k.conexclop) WITH ORDINALITY AS used (oid, place)
               JOIN pg_operator o ON o.oid = used.oid) AS operators,
       pg_get_expr(i.indexprs, ${shadow('c.oid')}, true) AS expressions,
       pg_get_expr(i.indpred, ${shadow('c.oid')}, true) AS where,
       (SELECT json_agg(json_build_object(
                 'name', quote_ident(a.attname), 'descending', (i.indoption[p - 1] & 1) = 1,
                 'nulls_first', (i.indoption[p - 1] & 2) = 2,
                 'collation', CASE WHEN i.indcollation[p - 1] <> coalesce(a.attcollation, 100)
                                   THEN quote_ident(l.collname) END,
                 'operator_class', CASE WHEN NOT o.opcdefault THEN o.opcname END) ORDER BY p)
          FROM generate_series(1, i.indnatts) p
               LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[p - 1]
                     AND a.attnum > 0
               LEFT JOIN pg_collation l ON l.oid = i.indcollation[p - 1]
               LEFT JOIN pg_opclass o ON o.oid = i.indclass[p - 1]) AS columns
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
       JOIN pg_am m ON m.oid = x.relam
       LEFT JOIN pg_constraint k ON k.conindid = x.oid AND k.conrelid = c.oid
             AND k.contype IN ('p', 'u', 'x')
 WHERE c.oid = ANY ($1) AND (k.oid IS NULL OR k.contype = 'x')
 ORDER BY c.oid, x.relname`;
