import { expect, it } from '@jest/globals';
import { provedType } from '../../../src/postgres/compatible/never-fails.js';
import { loadParser } from '../../../src/postgres/parser/parser.js';
import { asNode } from '../../../src/postgres/parser/syntax-tree.js';

const COLUMNS = Object.entries({
  body: 'text',
  title: 'character varying(40)',
  size: 'integer',
  ratio: 'numeric(8,2)',
  about: 'jsonb',
  given: 'json',
  words: 'text[]',
  tags: 'character varying(9)[]',
  who: 'person',
  open: 'boolean',
}).map(([name, type]) => ({ name, type, notNull: false }));

async function typeOf(text: string): Promise<string | undefined> {
  const { parse } = await loadParser();
  const [only] = parse(`SELECT (${text})`).stmts ?? [];
  const [target] = asNode(only?.stmt, 'SelectStmt')?.targetList ?? [];
  return provedType(asNode(target, 'ResTarget')?.val, COLUMNS);
}

it.each([
  ['size', 'integer'],
  ['lower((title)::text)', 'text'],
  ['upper(body)', 'text'],
  ['md5(body)', 'text'],
  ['length(body)', 'integer'],
  [`COALESCE(title, ''::character varying)`, 'text'],
  ['COALESCE(size, 0)', 'integer'],
  [`((body || ': '::text) || lower((title)::text))`, 'text'],
  ['(size)::text', 'text'],
  [`((about -> 'writer'::text) ->> 'name'::text)`, 'text'],
  [`((body = 'a'::text) AND (NOT open) AND (size IS NOT NULL))`, 'boolean'],
  [`(body = ANY (ARRAY['a'::text, 'b'::text]))`, 'boolean'],
  [`((title)::text = ANY ((ARRAY['a'::character varying])::text[]))`, 'boolean'],
  [`body IN ('a', 'b')`, 'boolean'],
  ['(body COLLATE "C")', 'text'],
  [`'x'::text`, 'text'],
])('%s fails for no row, and is %s', async (text, type) => {
  expect(await typeOf(text)).toBe(type);
});

it.each([
  '(body)::integer',
  '(size)::smallint',
  '(body)::character varying(3)',
  '1000::numeric(2,1)',
  '100000::smallint',
  `'x'::public.text`,
  `'x'::person`,
  '(body)::text[]',
  '(size + 1)',
  '(1000 / size)',
  '(- size)',
  'lower(size)',
  'lower(words)',
  'public.lower(body)',
  'lower((body)::integer::text)',
  'other(body)',
  'length(body, title)',
  `(given ->> 'name'::text)`,
  '(about ->> body)',
  '(words || body)',
  '(tags || title)',
  '(ratio > size)',
  '(body OPERATOR(public.=) title)',
  `(body ~ 'x'::text)`,
  'COALESCE(size, (body)::integer)',
  '(body = ANY (words))',
  'words[1]',
  'ROW(size, body)',
  'CASE WHEN open THEN 1 ELSE (body)::integer END',
  'other.body',
  'missing',
])('of %s it is not known', async (text) => {
  expect(await typeOf(text)).toBeUndefined();
});
