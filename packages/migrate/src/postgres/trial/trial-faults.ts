import type { Finding } from '../../verdicts/verdict.js';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, type NodeType } from '../parser/syntax-tree.js';

interface Fault {
  readonly rule: string;
  readonly text: string;
  readonly fix?: string;
}

/** What the server says of a statement that no rows and no other sessions can be the reason of, by SQLSTATE. */
const FAULTS: Readonly<Record<string, Fault>> = {
  42601: { rule: 'not-understood', text: 'The server does not take it' },
  42611: { rule: 'column-impossible', text: 'It defines a column that cannot be' },
  42701: { rule: 'column-exists', text: 'It names a column twice' },
  42702: { rule: 'ambiguous', text: 'It names a column that several tables have' },
  42703: { rule: 'no-column', text: 'It names a column that is not there' },
  42704: {
    rule: 'no-object',
    text: 'It names a type, an operator class, a language or another object that is not there',
    fix: 'Make it first: CREATE EXTENSION, where one brings it.',
  },
  42712: { rule: 'ambiguous', text: 'It gives one name to two tables' },
  42725: { rule: 'ambiguous', text: 'It calls what several functions or operators could be' },
  42803: { rule: 'not-grouped', text: 'It shows a column that is neither grouped nor aggregated' },
  42804: { rule: 'types-differ', text: 'It gives a value of another type than is needed' },
  42809: { rule: 'wrong-kind', text: 'It does to one kind of object what only another kind takes' },
  42830: { rule: 'no-unique-key', text: 'Its foreign key leads to no unique key' },
  42846: { rule: 'no-cast', text: 'It casts to a type that the value cannot be cast to' },
  42883: {
    rule: 'no-function',
    text: 'It calls a function, or an operator for two types, that is not there',
  },
  42939: { rule: 'reserved-name', text: 'It gives a name that the server keeps to itself' },
  '0A000': { rule: 'not-supported', text: 'The server does not do this with such a table or view' },
  '428C9': {
    rule: 'always-generated',
    text: 'It writes to a column that is GENERATED ALWAYS',
    fix: 'Leave the column out, or write DEFAULT.',
  },
  '42P10': {
    rule: 'no-unique-key',
    text: 'Its ON CONFLICT or ORDER BY names no unique key, or no column',
  },
  '42P13': { rule: 'function-impossible', text: 'It defines a function that cannot be' },
  '42P16': {
    rule: 'table-impossible',
    text: 'It makes of a table or view what cannot be: its columns are inherited, part of a key, or shown already',
  },
  '42P17': {
    rule: 'not-immutable',
    text: "An expression in it is not IMMUTABLE, or its bounds are another partition's",
    fix: "Use what depends on nothing but the row: (at AT TIME ZONE 'UTC')::date, for example.",
  },
  '42P18': { rule: 'types-differ', text: 'It has a value of which no type is known' },
  '42P19': { rule: 'query-impossible', text: 'Its recursion cannot be' },
  '42P20': { rule: 'query-impossible', text: 'Its window cannot be' },
  '42P21': { rule: 'types-differ', text: 'It compares texts of different collations' },
  '42P22': { rule: 'types-differ', text: 'It compares texts of which no collation is known' },
  23514: { rule: 'default-does-not-fit', text: 'It gives a value that a domain refuses' },
};

/** Whatever is wrong with a value that the statement itself gives. */
const OF_VALUES: Fault = {
  rule: 'value-fails',
  text: 'It has a value that cannot be computed, or that its type does not take',
};

/** Of anything else, the copy may be the reason. */
const OF_TABLES: Readonly<Record<string, readonly NodeType[]>> = {
  '0A000': ['AlterTableStmt', 'CreateStmt', 'IndexStmt'],
  '42P16': ['AlterTableStmt', 'CreateStmt', 'RenameStmt', 'ViewStmt'],
  42809: ['AlterTableStmt', 'CreateStmt', 'IndexStmt', 'RenameStmt', 'ViewStmt'],
};

/** Of DETACH: what is no partition, or not partitioned. */
const NO_PARTITION = ['42P01', '42P17', '42809'];

/** What an error says of the statement on the empty copy; undefined where it may have another reason. */
export function faultOf(error: unknown, { text, type, node }: Statement): Finding | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (NO_PARTITION.includes(code) && detaches(node))
    return finding(
      { rule: 'no-partition', text: 'It detaches what is no partition of the table' },
      code,
    );
  if (OF_TABLES[code]?.includes(type) === false) return undefined;
  const fault = code.startsWith('22') ? OF_VALUES : FAULTS[code];
  return fault && finding(fault, [code, ...namesIn(message, text)].join(': '));
}

function detaches(node: Statement['node']): boolean {
  return allOf(asNode(node, 'AlterTableStmt')?.cmds, 'AlterTableCmd').some(
    ({ subtype }) => subtype === 'AT_DetachPartition',
  );
}

/** What a message quotes, as far as the statement says it as well: no text of the server's goes further. */
function namesIn(message: string, statement: string): readonly string[] {
  const quoted = [...message.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
  const [first] = quoted.filter((name) => statement.includes(name));
  return first === undefined ? [] : [first];
}

function finding({ rule, text, fix }: Fault, what: string): Finding {
  return { verdict: 'WILL FAIL', rule, text: `${text} (SQLSTATE ${what}).`, fix: fix ?? null };
}
