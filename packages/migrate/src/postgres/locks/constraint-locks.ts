import type { ColumnDef, Constraint } from 'libpg-query';
import { isSerial, isVolatile } from './column-types.js';
import type { Touch } from './lock-modes.js';
import { allOf, relationName, textsOf } from '../parser/syntax-tree.js';
import type { TableSizes } from './table-sizes.js';

const FIRST_LINE = 'in a migration that begins with -- holdfast: no-transaction';

/** How to do with less what holds a large table up. */
export const ADVICE = {
  briefly:
    'Quickly done, but it waits for every transaction on the table, and all others wait behind it: keep long transactions away.',
  quietHour: 'Run it when nobody needs the table, or build a new table beside it and switch.',
  newColumn:
    'Add a new nullable column, fill it in batches, and switch to it in a later migration.',
  nullable:
    'Add the column nullable and without the default, fill it in batches, then constrain it.',
  setNotNull:
    'Add CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next migration, then SET NOT NULL: it does not read the table again.',
  notValid: 'Add the constraint NOT VALID, and VALIDATE CONSTRAINT in the next migration.',
  usingIndex: `CREATE UNIQUE INDEX CONCURRENTLY ${FIRST_LINE}, then ADD CONSTRAINT ... USING INDEX.`,
  concurrently: `Use CONCURRENTLY ${FIRST_LINE}.`,
  attach: 'Give it a CHECK that implies the partition bound first (NOT VALID, then VALIDATE).',
  attachNew:
    'Create the table on its own, then ATTACH PARTITION: the parent stays readable and writable.',
  detach: `DETACH PARTITION ... CONCURRENTLY ${FIRST_LINE}.`,
  batches: 'Change the rows in batches, each in a transaction of its own.',
  vacuum: `VACUUM without FULL ${FIRST_LINE}.`,
} as const;

/** ALTER TABLE ... ADD COLUMN */
export function addedColumn(relation: string, column: ColumnDef, sizes: TableSizes): Touch[] {
  const constraints = allOf(column.constraints, 'Constraint');
  const type = textsOf(column.typeName?.names).at(-1) ?? '';
  const rewrites =
    isSerial(column.typeName) ||
    sizes.domains[type]?.constrained === true ||
    constraints.some(
      ({ contype, raw_expr, generated_kind }) =>
        contype === 'CONSTR_IDENTITY' ||
        (contype === 'CONSTR_GENERATED' && generated_kind !== 'v') ||
        (contype === 'CONSTR_DEFAULT' && isVolatile(raw_expr, sizes)),
    );
  const isEmpty = !constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT');
  const added = constraints
    .filter(({ contype }) => CHECKED.includes(contype))
    // NULLs need no other row.
    .map((one) => ({ ...one, skip_validation: isEmpty && one.contype === 'CONSTR_FOREIGN' }))
    .flatMap((one) => addedConstraint(relation, one, sizes))
    // One default is one row to look up.
    .map((touch) => (touch.relation === relation ? touch : { ...touch, scans: false }));
  const own: Touch = {
    relation,
    mode: 'ACCESS EXCLUSIVE',
    ...(rewrites && { rewrites, advice: ADVICE.nullable }),
  };
  return [own, ...added];
}

const CHECKED: readonly Constraint['contype'][] = [
  'CONSTR_CHECK',
  'CONSTR_FOREIGN',
  'CONSTR_UNIQUE',
  'CONSTR_PRIMARY',
];

/** ALTER TABLE ... ADD CONSTRAINT, and what a column's constraint adds to ADD COLUMN. */
export function addedConstraint(
  relation: string,
  constraint: Constraint,
  { relations }: TableSizes,
): Touch[] {
  const { contype, pktable, indexname } = constraint;
  const known = relations[relation];
  const checks = constraint.skip_validation !== true;
  const notValid = checks ? { scans: true, advice: ADVICE.notValid } : {};
  const exclusive = { relation, mode: 'ACCESS EXCLUSIVE' } as const;
  switch (contype) {
    case 'CONSTR_FOREIGN':
      return [
        { relation, mode: 'SHARE ROW EXCLUSIVE', ...notValid },
        ...(pktable
          ? [{ relation: relationName(pktable), mode: 'SHARE ROW EXCLUSIVE', ...notValid } as const]
          : []),
      ];
    case 'CONSTR_NOTNULL': {
      const isProven = textsOf(constraint.keys).every((key) => known?.columns[key]?.notNull);
      return [isProven ? exclusive : { ...exclusive, ...notValid }];
    }
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return [
        indexname === undefined
          ? { ...exclusive, scans: true, advice: ADVICE.usingIndex }
          : exclusive,
      ];
    case 'CONSTR_EXCLUSION':
      return [{ ...exclusive, scans: true, advice: ADVICE.quietHour }];
    case 'CONSTR_CHECK':
      return [{ ...exclusive, ...notValid }];
    default:
      return [exclusive];
  }
}
