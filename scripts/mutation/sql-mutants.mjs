import ts from 'typescript';
import { placeOf } from './place.mjs';

const SQL =
  /\b(SELECT|INSERT INTO|DELETE FROM|WHERE|JOIN|ORDER BY|FOR UPDATE)\b|[\w)] (=|<|>|<=|>=) [:(\w]/;
const COLUMN = String.raw`[\w.]+(?:\([^()]*\))?`;
const TERM = String.raw`${COLUMN}(?: DESC)?`;
const COMPARISON = String.raw`(?:\([^()]*\)|${COLUMN}) (?:=|<|>|<=|>=) (?:\([^()]*\)|:?${COLUMN})`;

/** Each rule changes one place at a time: what it is called, where it applies, what it makes of it. */
const RULES = [
  ['bound', / < /g, () => ' <= '],
  ['bound', / <= /g, () => ' < '],
  ['bound', / > /g, () => ' >= '],
  ['bound', / >= /g, () => ' > '],
  ['equality', condition(String.raw`${COLUMN} = `), (found) => found.replace(' = ', ' <> ')],
  ['condition dropped', new RegExp(`(?<=\\b(?:WHERE|AND)\\s+)${COMPARISON}`, 'g'), () => 'TRUE'],
  ['condition dropped', new RegExp(`(?<=\\bOR\\s+)${COMPARISON}`, 'g'), () => 'FALSE'],
  ['condition dropped', new RegExp(`^${COMPARISON}$`, 'g'), () => 'TRUE'],
  ['connective', /\bAND\b/g, () => 'OR'],
  ['connective', /\bOR\b/g, () => 'AND'],
  ['direction', / DESC\b/g, () => ' ASC'],
  ['direction', new RegExp(`\\bORDER BY ${COLUMN}(?! DESC)(?![\\w.(])`, 'g'), (f) => `${f} DESC`],
  ['order dropped', new RegExp(`\\bORDER BY ${TERM}(?:, ${TERM})*`, 'g'), () => ''],
  ['order shortened', new RegExp(`(?<=\\bORDER BY )${TERM}, `, 'g'), () => ''],
  ['order shortened', new RegExp(`(?<=\\bORDER BY ${TERM}(?:, ${TERM})*), ${TERM}`, 'g'), () => ''],
  ['limit dropped', /\bLIMIT :\w+/g, () => ''],
  ['conflict not foreseen', /\bON CONFLICT (?:\([^()]*\) )?DO NOTHING/g, () => ''],
  ['any conflict', /(?<=\bON CONFLICT )\([^()]*\) (?=DO NOTHING)/g, () => ''],
  [
    'assignment dropped',
    new RegExp(`(?<=\\bSET )${COLUMN} = (?:(?!RETURNING)[^,])+,\\s+`, 'g'),
    () => '',
  ],
  ['assignment dropped', assigned(`, ${COLUMN} = [^,]+?(?=,|\\s+WHERE\\b)`), () => ''],
  ['join', /(?<!LEFT )\bJOIN\b/g, () => 'LEFT JOIN'],
  ['join', /\bLEFT JOIN\b/g, () => 'JOIN'],
  ['lock', / SKIP LOCKED\b/g, () => ''],
  ['lock', /\bFOR UPDATE(?: SKIP LOCKED)?/g, () => ''],
  ['null', /\bcoalesce\((\w+), [^()]+\)/gi, (found, value) => value],
  ['duplicates', /\bUNION\b/g, () => 'UNION ALL'],
  ['aggregate', /\bMIN\(/g, () => 'MAX('],
  ['number', / \+ 1\b/g, () => ''],
  ['number', /(?<= = |, )1\b/g, () => '2'],
  ['membership', / IN \(/g, () => ' NOT IN ('],
];

function condition(pattern) {
  return new RegExp(`(?<=^|^\\(|\\b(?:WHERE|AND|OR|ON|WHEN)\\s+\\(?)${pattern}`, 'g');
}

function assigned(pattern) {
  return new RegExp(`(?<=\\bSET (?:(?!\\bWHERE\\b)[\\s\\S])*)${pattern}`, 'g');
}

/** @returns the file with a switch for every change of its SQL, and the changes */
export function sqlMutants(file, source) {
  const mutants = [];
  const text = switched(ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true));
  return { text: `${text}\n${IS_ON}`, mutants };

  /** The text of a node, with its SQL replaced by choices. */
  function switched(node) {
    const pieces = piecesOf(node);
    const original = pieces.map(({ rendered }) => rendered).join('');
    if (!isSql(node)) return original;
    const variants = pieces.flatMap(({ start, rendered, isText }, index) =>
      (isText ? changesOf(rendered) : []).map(({ at, rule, from, to }) => {
        const id = String(mutants.length);
        mutants.push({ id, rule, from, to, ...placeOf(file, source, start + at) });
        const changed = rendered.slice(0, at) + to + rendered.slice(at + from.length);
        return `${IS_ON_NAME}('${id}') ? ${joined(pieces.with(index, { rendered: changed }))} : `;
      }),
    );
    if (variants.length === 0) return original;
    const choice = `(${variants.join('')}${original})`;
    return ts.isPropertyAssignment(node.parent) && node.parent.name === node
      ? `[${choice}]`
      : choice;
  }

  /** A node's text between its children, and the children; strings are text in a whole. */
  function piecesOf(node) {
    const pieces = [];
    let at = node.getStart();
    const take = (end) => {
      if (end > at) pieces.push({ start: at, rendered: source.slice(at, end), isText: true });
      at = end;
    };
    if (ts.isSourceFile(node)) at = 0;
    ts.forEachChild(node, (child) => {
      if (isTemplatePart(child)) return take(child.getEnd());
      if (ts.isTemplateSpan(child)) {
        pieces.push({ rendered: switched(child.expression) });
        at = child.expression.getEnd();
        return take(child.literal.getEnd());
      }
      take(child.getStart());
      pieces.push({ rendered: switched(child) });
      at = child.getEnd();
    });
    take(node.getEnd());
    return pieces;
  }
}

const IS_ON_NAME = 'isMutantOn';
const IS_ON = `function ${IS_ON_NAME}(id) {
  const state = globalThis.__stryker__;
  if (state.activeMutant !== id) return false;
  state.hitCount += 1;
  return true;
}
`;

function joined(pieces) {
  return pieces.map(({ rendered }) => rendered).join('');
}

function isTemplatePart(node) {
  return ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
}

function isSql(node) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node))
    return SQL.test(node.text);
  if (!ts.isTemplateExpression(node)) return false;
  return [node.head, ...node.templateSpans.map(({ literal }) => literal)].some(({ text }) =>
    SQL.test(text),
  );
}

/** Every change of a piece of a string, whose quotes and braces stay. */
function changesOf(piece) {
  const [, opening, sql] = /^([`'"}]?)([\s\S]*?)(?:[`'"]|\$\{)?$/.exec(piece);
  return RULES.flatMap(([rule, pattern, changed]) =>
    [...sql.matchAll(pattern)].map((match) => ({
      at: opening.length + match.index,
      rule,
      from: match[0],
      to: changed(...match),
    })),
  );
}
