/** What a condition comes out as for a row; null for unknown, as SQL has it. */
export type Truth = true | false | null;

/** All that a condition may come out as. */
export type Truths = ReadonlySet<Truth>;

/** Which rows a condition takes, as far as its text and the columns of the table say; `some` where they do not. */
export type Taken = 'every' | 'none' | 'some';

export const UNKNOWN: Truths = new Set([true, false, null]);

export function takenWhere(truths: Truths): Taken {
  if (!truths.has(true)) return 'none';
  return truths.size === 1 ? 'every' : 'some';
}

/** What the comparison of a value with itself says. */
export function ofItself(found: boolean, isNeverNull: boolean): Truths {
  return new Set(isNeverNull ? [found] : [found, null]);
}

export function not(truths: Truths): Truths {
  return mapped(truths, negated);
}

export function allOf(each: readonly Truths[]): Truths {
  return each.reduce((one, other) => combined(one, other, conjoined));
}

export function anyOf(each: readonly Truths[]): Truths {
  return not(allOf(each.map(not)));
}

export function mapped(truths: Truths, change: (truth: Truth) => Truth): Truths {
  return new Set([...truths].map(change));
}

function combined(one: Truths, other: Truths, by: typeof conjoined): Truths {
  return new Set([...one].flatMap((left) => [...other].map((right) => by(left, right))));
}

function conjoined(one: Truth, other: Truth): Truth {
  if (one === false || other === false) return false;
  return one === null || other === null ? null : true;
}

function negated(truth: Truth): Truth {
  return truth === null ? null : !truth;
}
