import { readFileSync } from 'node:fs';
import { type ReceivedSpan, SPAN_KIND } from './trace-collector.js';

/** A row of the table in docs/TRACES.md. */
export interface DocumentedSpan {
  readonly kind: string;
  readonly attributes: ReadonlySet<string>;
}

/** By the name that the document gives them. */
export function documentedSpans(): ReadonlyMap<string, DocumentedSpan> {
  const rows = readFileSync('docs/TRACES.md', 'utf8').matchAll(
    /^\| `([^`]+)` +\| (server|client|internal) +\| [^|]+\| ([^|]+) \|$/gm,
  );
  return new Map(
    [...rows].map(([, name = '', kind = '', attributes = '']) => [
      name,
      {
        kind,
        attributes: new Set([...attributes.matchAll(/`([^`]+)`/g)].map(([, each]) => each ?? '')),
      },
    ]),
  );
}

/** What is sent, as the document names it; by its name there, what kinds and attributes there were. */
export function asDocumented(spans: readonly ReceivedSpan[]): Map<string, DocumentedSpan> {
  const found = new Map<string, { kind: string; attributes: Set<string> }>();
  const kinds = Object.fromEntries(Object.entries(SPAN_KIND).map(([name, kind]) => [kind, name]));
  for (const { name, kind, attributes } of spans) {
    const documented = nameInDocument(name, kind, attributes);
    const entry = found.get(documented) ?? { kind: kinds[kind] ?? '', attributes: new Set() };
    for (const each of Object.keys(attributes)) entry.attributes.add(each);
    found.set(documented, entry);
  }
  return found;
}

function nameInDocument(
  name: string,
  kind: number,
  attributes: ReceivedSpan['attributes'],
): string {
  if (kind === SPAN_KIND.server) return '{method} {route}';
  if (attributes['db.system.name'] === 'redis') return name.replace(/ \w+$/, ' {script}');
  return 'db.query.summary' in attributes ? '{operation} {table} …' : name;
}
