import type { TypeName } from 'libpg-query';
import { allOf, functionsIn, textsOf } from '../parser/syntax-tree.js';
import type { Column, TableSizes } from './table-sizes.js';

type Type = Pick<Column, 'type' | 'modifiers'>;

/** Types whose longer or more precise form stores what is there as it is. */
const GROWING = ['varchar', 'varbit'];
const PRECISE = ['timestamp', 'timestamptz', 'time', 'timetz'];
const MAX_PRECISION = 6;

/** From type to type, where both store the same bytes. */
const SAME_BYTES = new Set(['varchar text', 'text varchar', 'cidr inet', 'xml text', 'int4 oid']);

const SERIAL = /^(small|big)?serial[248]?$/;

/** `serial` and its kin, whose default is a sequence. */
export function isSerial(type: TypeName | undefined): boolean {
  return SERIAL.test(textsOf(type?.names).at(-1) ?? '');
}

/** Whether PostgreSQL has to write a table anew to change a column's type, both being known. */
export function changesStorage(from: Type, to: Type): boolean {
  const grows = to.modifiers.length === 0;
  if (from.type !== to.type) return !(SAME_BYTES.has(`${from.type} ${to.type}`) && grows);
  const [before, scaleBefore = 0] = from.modifiers;
  const [after = 0, scaleAfter = 0] = to.modifiers;
  if (before === after && scaleBefore === scaleAfter && from.modifiers.length > 0) return false;
  if (from.modifiers.length === 0 && grows) return false;
  if (GROWING.includes(to.type)) return !grows && (before === undefined || after < before);
  if (PRECISE.includes(to.type)) {
    return !grows && after < Math.min(before ?? MAX_PRECISION, MAX_PRECISION);
  }
  if (to.type === 'numeric') {
    return !grows && (before === undefined || after < before || scaleAfter !== scaleBefore);
  }
  return true;
}

/** The type as a statement writes it, in the terms of a column. */
export function typeOf({ names, typmods, arrayBounds }: TypeName): Type {
  const name = textsOf(names).at(-1) ?? '';
  return {
    type: arrayBounds && arrayBounds.length > 0 ? `_${name}` : name,
    modifiers: allOf(typmods, 'A_Const').map(({ ival }) => ival?.ival ?? 0),
  };
}

/** Whether the expression has another value in every row, as far as the database knows. */
export function isVolatile(expression: unknown, { functions }: TableSizes): boolean {
  return functionsIn(expression).some((name) => functions[name]?.volatile ?? true);
}
