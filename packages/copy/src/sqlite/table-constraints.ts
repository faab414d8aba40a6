import { parted } from './column-definitions.js';
import { closing, type Token, tokensOf } from './tokens.js';

/** A constraint of a CREATE TABLE, of a column or of the table, with what no pragma tells. */
export interface TableConstraint {
  readonly kind: 'primary key' | 'unique' | 'check' | 'not null' | 'foreign key';
  /** That was given to it. */
  readonly name: string | undefined;
  /** The one that it stands at, or those that it names. */
  readonly columns: readonly string[];
  /** The condition of a `check`. */
  readonly condition: readonly Token[];
  /** The table that a `foreign key` refers to. */
  readonly references: string | undefined;
  readonly deferral: Deferral;
  /** In capitals; undefined for none, and for ABORT, which is what happens without. */
  readonly onConflict: string | undefined;
}

/** When a foreign key is checked. */
export type Deferral = '' | 'DEFERRABLE' | 'DEFERRABLE INITIALLY DEFERRED';

type Kind = TableConstraint['kind'];

const OF_TABLES = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']);

/** In the order in which they are written. */
export function tableConstraints(sql: string): readonly TableConstraint[] {
  const tokens = tokensOf(sql);
  const open = tokens.findIndex(({ text }) => text === '(');
  if (open < 0) return [];
  return parted(tokens.slice(open + 1, closing(tokens, open))).flatMap(constraintsIn);
}

function constraintsIn(part: readonly Token[]): readonly TableConstraint[] {
  const isOfTable = OF_TABLES.has(wordOf(part[0]));
  const found: TableConstraint[] = [];
  let name: string | undefined;
  let listed: readonly string[] = [];
  const add = (kind: Kind, more: Partial<TableConstraint> = {}) => {
    const columns = isOfTable ? [] : [part[0]?.value ?? ''];
    found.push({ ...BARE, kind, name, columns, ...more });
    name = undefined;
  };
  const change = (kind: Kind | undefined, more: Partial<TableConstraint>) => {
    const at = found.findLastIndex((each) => kind === undefined || each.kind === kind);
    const last = found[at];
    if (last) found[at] = { ...last, ...more };
  };
  for (let at = isOfTable ? 0 : 1; at < part.length; at += 1) {
    const next = part[at + 1];
    switch (wordOf(part[at])) {
      case 'CONSTRAINT':
        name = next?.value;
        at += 1;
        break;
      case 'PRIMARY':
        add('primary key', isOfTable ? { columns: listAt(part, at + 2) } : {});
        break;
      case 'UNIQUE':
        add('unique', isOfTable ? { columns: listAt(part, at + 1) } : {});
        break;
      case 'FOREIGN':
        listed = listAt(part, at + 2);
        break;
      case 'NOT':
        if (wordOf(next) === 'NULL') add('not null');
        // Both words are taken: what is not deferrable must not be found to be.
        at += 1;
        break;
      case 'CHECK':
        add('check', { condition: part.slice(at + 2, closing(part, at + 1)) });
        break;
      case 'REFERENCES':
        add('foreign key', {
          references: next?.value,
          ...(listed.length > 0 && { columns: listed }),
        });
        listed = [];
        break;
      case 'DEFERRABLE':
        change('foreign key', { deferral: deferralOf(part.slice(at + 1, at + 3)) });
        break;
      case 'ON':
        if (wordOf(next) !== 'CONFLICT') break;
        change(undefined, { onConflict: conflictOf(part[at + 2]) });
        at += 2;
        break;
    }
    if (part[at]?.text === '(') at = closing(part, at);
  }
  return found;
}

const BARE = {
  condition: [],
  references: undefined,
  deferral: '',
  onConflict: undefined,
} satisfies Partial<TableConstraint>;

/** The columns in parentheses, without what orders and compares them. */
function listAt(part: readonly Token[], at: number): readonly string[] {
  if (part[at]?.text !== '(') return [];
  return parted(part.slice(at + 1, closing(part, at))).map(([first]) => first?.value ?? '');
}

function wordOf(token: Token | undefined): string {
  return token?.kind === 'word' ? token.text.toUpperCase() : '';
}

function deferralOf([first, second]: readonly Token[]): Deferral {
  const isLate = wordOf(first) === 'INITIALLY' && wordOf(second) === 'DEFERRED';
  return isLate ? 'DEFERRABLE INITIALLY DEFERRED' : 'DEFERRABLE';
}

function conflictOf(token: Token | undefined): string | undefined {
  const word = wordOf(token);
  return word === 'ABORT' ? undefined : word;
}
