import { DiscoveryService } from '@nestjs/core';
import { openApiDocument } from '@holdfast/nest/http/openapi';
import { release } from '../../src/release.ts';
import { code, page, table } from './markdown.mjs';

const EVERYWHERE = ['REQUEST_MALFORMED', 'INTERNAL_ERROR'];

/** @param app with every store */
export function httpPage(app) {
  const { paths, tags } = openApiDocument(app.get(DiscoveryService).getControllers(), release);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  return page('HTTP', [
    'Every route, with every store turned on. The service shows the same at `/docs`, with schemas and examples, and as OpenAPI 3.1 at `/docs-json`. Errors are problem documents (RFC 9457) with a [reason code](reason-codes.md). Every route takes and returns `X-Correlation-Id`, and may answer REQUEST_MALFORMED (400) and INTERNAL_ERROR (500).',
    ...tags.flatMap(({ name: tag, description: text }) => [
      `## ${tag}`,
      text,
      ...withAliases(operations.filter(({ operation }) => operation.tags[0] === tag)).flatMap(
        section,
      ),
    ]),
  ]);
}

/** One entry for the paths of the same handler. */
function withAliases(operations) {
  const found = new Map();
  for (const { path, method, operation } of operations) {
    const key = JSON.stringify([method, operation.summary, Object.keys(operation.responses)]);
    const first = found.get(key);
    if (first) first.aliases.push(path);
    else found.set(key, { path, method, operation, aliases: [] });
  }
  return [...found.values()];
}

function section({ path, method, operation, aliases }) {
  const { summary, description: text, parameters, requestBody, responses } = operation;
  const former = operation['x-former-paths'] ?? [];
  const scope = operation['x-required-scope'];
  const own = parameters.filter(({ name }) => name !== 'X-Correlation-Id');
  const asked = own.map(({ name, in: place, required, schema, description: meaning }) => [
    code(name),
    `${place}${required ? ', required' : ''}`,
    meaning ?? schema?.description ?? typeOf(schema),
  ]);
  const answered = Object.entries(responses)
    .filter(([, { description: meaning }]) => !EVERYWHERE.includes(meaning))
    .map(([status, { description: meaning, content }]) => [
      status,
      meaning,
      Object.keys(content ?? {}).join(', '),
    ]);
  const { 'application/json': json, 'multipart/form-data': form } = requestBody?.content ?? {};
  const body = (json ?? form)?.schema;
  return [
    `### ${method.toUpperCase()} ${path.replaceAll(/[{}]/g, (brace) => `\\${brace}`)}`,
    `${summary}.`,
    ...(aliases.length > 0 ? [`The same: ${aliases.map(code).join(', ')}.`] : []),
    ...(text === undefined ? [] : [text]),
    scope === undefined ? 'For everybody.' : `Scope: ${code(scope)}.`,
    ...(former.length > 0 ? [`Formerly, and still: ${former.map(code).join(', ')}.`] : []),
    ...(body ? [`Body: ${typeOf(body)}.`] : []),
    table(['parameter', 'in', 'meaning'], asked),
    table(['status', 'meaning', 'body'], answered),
  ];
}

function typeOf({ $ref, type, enum: values, format, anyOf } = {}) {
  if ($ref !== undefined) return code($ref.split('/').at(-1));
  if (values) return values.map(code).join(', ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  return [type ?? 'any', format].filter(Boolean).join(', ');
}
