import fc from 'fast-check';
import type { Description, Operation, Parameter, Schema } from './description.js';

/** A request as it goes over the wire. */
export interface FuzzRequest {
  readonly operation: Operation;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Identifiers that answers have held under a name, or under any. */
export type Known = (name: string) => readonly string[];

/** Values that programs trip over, as JSON text. */
export const HOSTILE: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '-0',
  '1e400',
  '9007199254740993',
  '0.12345678901234567890',
  '""',
  '" "',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00x"',
  '"\\u202e\\ufeff"',
  '"😀"',
  '[]',
  '{}',
  '[[[[[]]]]]',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"a":1,"a":2}',
  '{"toString":1,"hasOwnProperty":2}',
  `"'; DROP TABLE proposal_records; --"`,
  `"' OR '1'='1"`,
  `"$1"`,
  `":portfolioId"`,
  `"%s%n\${jndi:ldap://x}"`,
  `"../../etc/passwd"`,
  `"${'x'.repeat(129)}"`,
  `"${'é'.repeat(70_000)}"`,
  `${'['.repeat(600)}${']'.repeat(600)}`,
  `[${'1,'.repeat(2000)}1]`,
  '"2026-02-30T00:00:00Z"',
  '"0000-01-01T00:00:00Z"',
  '"+275760-09-13T00:00:00Z"',
];

/** The same for places that hold text: paths, queries, headers. */
const HOSTILE_TEXTS: readonly string[] = [
  ' ',
  '\0',
  'a\0b',
  '..',
  '.',
  '%',
  '%2e%2e',
  'a/b',
  '\\',
  "' OR '1'='1",
  '😀',
  '\uFFFF',
  'x'.repeat(129),
  'x'.repeat(900),
  '__proto__',
  'constructor',
  'null',
  '-1',
  '0',
  '1e1',
  '999999999999999999999',
  'NaN',
  '2026-11-21T12:00:00+14:00',
  '2026-11-21T24:00:00Z',
  'e30',
];

const arbitraryTexts = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
  fc.constantFrom(...HOSTILE_TEXTS),
);

/** Requests to every operation: most of them nearly right, with something wrong here and there. */
export function anyRequest(description: Description, known: Known): fc.Arbitrary<FuzzRequest> {
  const [stores, others] = [true, false].map((isStore) =>
    description.operations.filter(({ path }) => path.startsWith('/rebalance/') === isStore),
  );
  return fc
    .oneof(
      { weight: 9, arbitrary: fc.constantFrom(...(stores ?? [])) },
      { weight: 1, arbitrary: fc.constantFrom(...(others ?? [])) },
    )
    .chain((operation) => requestTo(operation, description, known));
}

function requestTo(
  operation: Operation,
  description: Description,
  known: Known,
): fc.Arbitrary<FuzzRequest> {
  const body = operation.body
    ? fc.oneof(
        { weight: 12, arbitrary: jsonText(operation.body.schema, description) },
        { weight: 3, arbitrary: fc.constant(JSON.stringify(operation.body.example)) },
        { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
        { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
      )
    : fc.constant(undefined);
  return fc
    .record({
      values: fc.tuple(...operation.parameters.map((each) => valueOf(each, known))),
      body,
      mediaType: fc.oneof(
        { weight: 19, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/xml', 'x', '') },
      ),
    })
    .map(({ values, body: text, mediaType }) => {
      const given = operation.parameters.flatMap((parameter, index) => {
        const value = values[index];
        return value === undefined ? [] : [{ parameter, value }];
      });
      const within = (place: Parameter['in']) =>
        given.filter(({ parameter }) => parameter.in === place);
      const query = within('query').map(
        ({ parameter, value }) => `${parameter.name}=${encode(value)}`,
      );
      const path = within('path').reduce(
        (whole, { parameter, value }) => whole.replace(`{${parameter.name}}`, () => encode(value)),
        operation.path,
      );
      return {
        operation,
        path: query.length > 0 ? `${path}?${query.join('&')}` : path,
        headers: {
          ...Object.fromEntries(
            within('header').map(({ parameter, value }) => [
              parameter.name,
              value.replaceAll(/[^\x20-\x7E]/g, '?').trim(),
            ]),
          ),
          ...(text !== undefined && mediaType !== '' && { 'content-type': mediaType }),
        },
        ...(text !== undefined && { body: text }),
      };
    });
}

/** Well-formed UTF-8 or not: half of a surrogate pair becomes bytes that no text has. */
function encode(value: string): string {
  return value.isWellFormed() ? encodeURIComponent(value) : '%ED%A0%80';
}

function valueOf(parameter: Parameter, known: Known): fc.Arbitrary<string | undefined> {
  const { schema, example } = parameter;
  const alternatives = [
    ...(schema.enum ? [fc.constantFrom(...schema.enum.map(String))] : []),
    ...(schema.type === 'integer' || schema.type === 'number'
      ? [fc.integer({ min: 1, max: 200 }).map(String)]
      : []),
    ...(schema.format === 'date-time'
      ? [fc.date({ min: new Date(0), noInvalidDate: true }).map((date) => date.toISOString())]
      : []),
    ...(isFreeText(schema)
      ? [
          fc.nat().map((index) => {
            const identifiers = known(parameter.name);
            return identifiers[index % Math.max(identifiers.length, 1)] ?? 'unknown';
          }),
        ]
      : []),
    ...(example === undefined || parameter.in === 'path'
      ? []
      : [fc.constant(example), fc.uuid().map((uuid) => `"${uuid}"`), fc.uuid()]),
  ];
  const fitting = alternatives.length > 0 ? fc.oneof(...alternatives) : arbitraryTexts;
  const value = fc.oneof(
    { weight: 9, arbitrary: fitting },
    { weight: 1, arbitrary: arbitraryTexts },
  );
  if (parameter.in === 'path') return value;
  return fc.option(value, {
    nil: undefined,
    freq: parameter.required ? 30 : 2,
  });
}

function isFreeText({ type, format, enum: values }: Schema): boolean {
  return type === 'string' && format === undefined && values === undefined;
}

/** JSON that fits the schema, but for a part of it every other time. */
export function jsonText(schema: Schema, description: Description): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 1, arbitrary: textOf(schema, description, 0) },
    { weight: 1, arbitrary: textOf(schema, description, 8) },
  );
}

/** @param hostility how many parts in a hundred are replaced by something hostile */
function textOf(schema: Schema, description: Description, hostility: number): fc.Arbitrary<string> {
  const resolved = description.resolve(schema);
  return fc.oneof(
    { weight: 100 - hostility, arbitrary: fittingText(resolved, description, hostility) },
    ...(hostility > 0 ? [{ weight: hostility, arbitrary: fc.constantFrom(...HOSTILE) }] : []),
  );
}

function fittingText(
  schema: Schema,
  description: Description,
  hostility: number,
): fc.Arbitrary<string> {
  const inner = (each: Schema) => textOf(each, description, hostility);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(inner));
  if ('const' in schema) return fc.constant(JSON.stringify(schema.const));
  if (schema.enum) return fc.constantFrom(...schema.enum.map((each) => JSON.stringify(each)));
  switch (schema.type) {
    case 'null':
      return fc.constant('null');
    case 'boolean':
      return fc.boolean().map(String);
    case 'integer':
      return fc
        .integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1) })
        .map(String);
    case 'number':
      return fc
        .double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true })
        .map((value) => JSON.stringify(value));
    case 'string':
      return textsOf(schema).map((value) => JSON.stringify(value));
    case 'array':
      return fc
        .array(inner(schema.items ?? {}), { maxLength: 3 })
        .map((items) => `[${items.join()}]`);
    case 'object':
      return objectText(schema, inner);
    default:
      return fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value));
  }
}

function textsOf({ minLength = 0, maxLength = 40, format }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.constant('2026-11-21T12:00:00Z');
  return fc.oneof(
    fc.constantFrom('a', 'b', 'shared', 'portfolio-1').filter((text) => text.length >= minLength),
    fc.string({ minLength, maxLength: Math.min(maxLength, 40), unit: 'grapheme' }),
  );
}

function objectText(
  { properties = {}, required = [], additionalProperties }: Schema,
  inner: (schema: Schema) => fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  const members = Object.entries(properties).map(([name, schema]) =>
    fc.option(
      inner(schema).map((text) => `${JSON.stringify(name)}:${text}`),
      { nil: undefined, freq: required.includes(name) ? 60 : 2 },
    ),
  );
  const more =
    typeof additionalProperties === 'object'
      ? fc.array(
          fc
            .tuple(fc.constantFrom('USD', 'CHF', 'tech', 'x'), inner(additionalProperties))
            .map(([name, text]) => `${JSON.stringify(name)}:${text}`),
          { maxLength: 1 },
        )
      : fc.oneof(
          { weight: 40, arbitrary: fc.constant<string[]>([]) },
          { weight: 1, arbitrary: fc.constantFrom(['"unknown":1'], ['"__proto__":1']) },
        );
  return fc
    .tuple(fc.tuple(...members), more)
    .map(([given, others]) => [...given.filter((each) => each !== undefined), ...others])
    .map((all) => `{${all.join()}}`);
}
