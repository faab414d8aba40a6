import type { TableFacts } from './table-facts.js';

/** Holdfast's own, which every build uses by statements that it does not record. */
export const OWN_TABLES: readonly string[] = [
  'holdfast_builds',
  'holdfast_identity',
  'holdfast_migrations',
  'holdfast_running',
  'holdfast_write_probe',
];

type Facts = ReadonlyMap<string, TableFacts>;

/** In words: which of them are not what they were, but for what a role may do besides. */
export function judgeOwnTables(before: Facts, after: Facts): readonly string[] {
  return OWN_TABLES.filter((table) => {
    const [old, now] = [before.get(table), after.get(table)];
    return !old || !now || textOf(old) !== textOf(now) || hasLostRights(old, now);
  }).map((table) => `${table}, which is Holdfast's own, is not what it was`);
}

function textOf(facts: TableFacts): string {
  return JSON.stringify({ ...facts, rights: {} });
}

function hasLostRights({ rights }: TableFacts, after: TableFacts): boolean {
  return Object.entries(rights).some(([role, held]) =>
    held.some((right) => after.rights[role]?.includes(right) !== true),
  );
}
