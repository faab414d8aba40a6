import type { Span } from '@opentelemetry/api';
import { isSqlState } from '@holdfast/core/server-message';
import { beginSpan, endSpan } from '@holdfast/core/tracing';
import { statementSpan } from '../database/statement-span.js';

/** Where a statement is sent. */
interface Server {
  readonly database?: string | undefined;
  readonly host: string;
  readonly port: number;
}

type Answered = (error: unknown, ...results: readonly unknown[]) => void;

/**
 * Sends a statement within a span of its own, where somebody traces the request. What reads its rows bit by bit (a
 * cursor, a COPY) has none: who submits it does not learn of its end.
 * @param given what `pg`'s `query()` takes
 */
export function tracedQuery(
  server: Server,
  given: readonly unknown[],
  send: (given: readonly unknown[]) => unknown,
): unknown {
  const [statement] = given;
  const text = textOf(statement);
  const span =
    text === undefined ? undefined : beginSpan(() => statementSpan(text, placeOf(server)));
  if (!span) return send(given);
  const last = given.length - 1;
  const answer = given[last];
  if (typeof answer === 'function') {
    const answered: Answered = (error, ...results) => {
      end(span, error ?? undefined);
      (answer as Answered)(error, ...results);
    };
    return send(given.with(last, answered));
  }
  const result = send(given);
  (result as Promise<unknown>).then(
    () => {
      end(span);
    },
    (error: unknown) => {
      end(span, error);
    },
  );
  return result;
}

function textOf(statement: unknown): string | undefined {
  if (typeof statement === 'string') return statement;
  if (typeof statement !== 'object' || statement === null || 'submit' in statement)
    return undefined;
  const { text } = statement as { readonly text?: unknown };
  return typeof text === 'string' ? text : undefined;
}

function placeOf({ database, host, port }: Server) {
  return {
    'db.system.name': 'postgresql',
    ...(database !== undefined && { 'db.namespace': database }),
    'server.address': host,
    'server.port': port,
  };
}

function end(span: Span, error?: unknown): void {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  if (isSqlState(code)) span.setAttribute('db.response.status_code', code);
  endSpan(span, error);
}
