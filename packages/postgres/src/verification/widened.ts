const VARCHAR = /^(?:varchar|character varying)(?:\((\d+)\))?$/;
const NUMERIC = /^numeric\((\d+),(\d+)\)$/;
const SMALL = ['int2', 'smallint'];
const WHOLE = ['int4', 'integer'];

/**
 * Whether a column of the one type may become one of the other without a statement that notices: it holds all
 * that it held, and the driver reads it alike.
 * @param from as PostgreSQL writes types, long or short, with the modifier: `varchar(3)`
 */
export function isWidened(from: string, to: string): boolean {
  const text = VARCHAR.exec(from) ?? (from === 'text' ? ['text', undefined] : null);
  if (text) {
    const wider = VARCHAR.exec(to) ?? (to === 'text' ? ['text', undefined] : null);
    return wider !== null && isAtLeast(wider[1], text[1]);
  }
  const number = NUMERIC.exec(from);
  const wider = NUMERIC.exec(to);
  if (number && wider) return number[2] === wider[2] && isAtLeast(wider[1], number[1]);
  return SMALL.includes(from) && WHOLE.includes(to);
}

/** Without a bound, any length. */
function isAtLeast(bound: string | undefined, other: string | undefined): boolean {
  return bound === undefined || (other !== undefined && Number(bound) >= Number(other));
}
