import type { Judgement } from './judgement.js';
import type { ModelColumn, ModelConstraint, Relation } from './relation.js';

/** A column or a constraint, by where it comes from. */
type Part = Pick<ModelColumn, 'inherited' | 'isLocal'>;

/** The tables below that lose a column with this one; where others keep it, it comes from one parent less from now on. */
export function losingColumn(
  judgement: Judgement,
  relation: Relation,
  name: string,
): readonly Relation[] {
  return losing(judgement, relation, (child) => child.columns, name);
}

/** As `losingColumn`, of a CHECK. */
export function losingCheck(
  judgement: Judgement,
  relation: Relation,
  name: string,
): readonly Relation[] {
  return losing(judgement, relation, (child) => child.constraints, name);
}

function losing(
  judgement: Judgement,
  relation: Relation,
  partsOf: (relation: Relation) => Map<string, Part>,
  name: string,
): readonly Relation[] {
  return judgement.schema.childrenOf(relation).flatMap((child) => {
    const parts = partsOf(child);
    const part = parts.get(name);
    if (!part) return [];
    const { inherited = 0, isLocal = true } = part;
    if (relation.isAlone !== true && inherited === 1 && !isLocal)
      return [child, ...losing(judgement, child, partsOf, name)];
    parts.set(name, {
      ...part,
      inherited: Math.max(0, inherited - 1),
      isLocal: isLocal || relation.isAlone === true,
    });
    return [];
  });
}

/** The tables below get the column as well, or merge it with their own. */
export function inheritColumn(
  judgement: Judgement,
  relation: Relation,
  name: string,
  column: ModelColumn,
): void {
  if (relation.isAlone === true) return;
  for (const child of judgement.schema.childrenOf(relation)) {
    const own = child.columns.get(name);
    child.columns.set(
      name,
      own
        ? { ...own, inherited: (own.inherited ?? 0) + 1 }
        : { ...column, inherited: 1, isLocal: false },
    );
    if (!own) inheritColumn(judgement, child, name, column);
  }
}

/** As `inheritColumn`, of a CHECK. */
export function inheritCheck(
  judgement: Judgement,
  relation: Relation,
  name: string,
  check: ModelConstraint,
): void {
  if (relation.isAlone === true) return;
  for (const child of judgement.schema.childrenOf(relation)) {
    const own = child.constraints.get(name);
    child.constraints.set(
      name,
      own
        ? { ...own, inherited: (own.inherited ?? 0) + 1 }
        : { ...check, inherited: 1, isLocal: false },
    );
    if (!own) inheritCheck(judgement, child, name, check);
  }
}

/** The table, and those below that have a column or a constraint of its. */
export function sharing(
  judgement: Judgement,
  relation: Relation,
  has: (child: Relation) => Part | undefined,
): readonly Relation[] {
  const below = judgement.schema
    .childrenOf(relation)
    .filter((child) => (has(child)?.inherited ?? 0) > 0);
  return [relation, ...below.flatMap((child) => sharing(judgement, child, has))];
}

/** Says that what comes from a parent is dropped and renamed there alone. */
export function refuseInherited(
  judgement: Judgement,
  relation: Relation,
  part: Part | undefined,
  what: string,
): void {
  if ((part?.inherited ?? 0) > 0)
    judgement.fails({
      rule: 'table-impossible',
      text: `${relation.name} inherits its ${what}, which is dropped or renamed in its parent alone.`,
    });
}

/** CREATE TABLE ... INHERITS, PARTITION OF */
export function inheritFrom(child: Relation, parent: Relation, isPartition: boolean): void {
  child.parents.add(parent);
  child.isPartition = isPartition;
  for (const [name, check] of parent.constraints)
    if (check.type === 'c')
      child.constraints.set(name, { ...check, live: undefined, inherited: 1, isLocal: false });
}

/** ATTACH PARTITION, INHERIT */
export function addParent(child: Relation, parent: Relation, isPartition: boolean): void {
  child.parents.add(parent);
  child.isPartition ||= isPartition;
  for (const parts of [child.columns, child.constraints] as Map<string, Part>[])
    for (const [name, part] of parts)
      if (parent.columns.has(name) || parent.constraints.has(name))
        parts.set(name, {
          ...part,
          inherited: (part.inherited ?? 0) + 1,
          isLocal: !isPartition && (part.isLocal ?? true),
        });
}

/** DETACH PARTITION, NO INHERIT */
export function removeParent(child: Relation, parent: Relation): void {
  if (!child.parents.delete(parent)) return;
  child.isPartition = false;
  for (const parts of [child.columns, child.constraints] as Map<string, Part>[])
    for (const [name, part] of parts)
      if (parent.columns.has(name) || parent.constraints.has(name))
        parts.set(name, {
          ...part,
          inherited: Math.max(0, (part.inherited ?? 0) - 1),
          isLocal: true,
        });
}
