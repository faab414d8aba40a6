import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { SpanDescription } from '@holdfast/core/tracing';
import { summaryOf } from './statement-summary.js';

/** The span of a statement: what it does to which table, and no value of it. */
export function statementSpan(statement: string, database: Attributes): SpanDescription {
  const { text, operation, table } = summaryOf(statement);
  const attributes: Attributes = {
    ...database,
    'db.operation.name': operation,
    'db.query.summary': text,
  };
  if (table !== undefined) attributes['db.collection.name'] = table;
  return { name: text, kind: SpanKind.CLIENT, attributes };
}
