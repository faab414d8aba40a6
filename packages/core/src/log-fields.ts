import { Secret } from './secret.js';

/** Where a field that nobody has declared has its value. */
const MASK = '***';

/** What is nested deeper is not shown. */
const MOST_DEPTH = 6;

/** A field whose keys are data, as names of stores are, and need not be declared; what they hold is shown. */
const keyed = { keyed: true } as const;
/** A field that may be shown. */
const shown = { keyed: false } as const;

export const logField = { shown, keyed } as const;

type LogField = (typeof logField)[keyof typeof logField];

const declared = new Map<string, LogField>();

/**
 * Declares fields of log lines, at whatever depth: a field that nobody has declared is written as `***`, so
 * that what is added to a line later shows only once somebody has said that it may be seen.
 * @returns what it is given, for `LogFieldCatalogue`
 */
export function defineLogFields<const Fields extends Readonly<Record<string, LogField>>>(
  fields: Fields,
): Fields {
  for (const [name, field] of Object.entries(fields)) declared.set(name, field);
  return fields;
}

/** Those of every package; they mean the same wherever they stand. */
export const coreLogFields = defineLogFields({
  /** What has happened, in words with dots. */
  event: shown,
  /** A code of the catalogue, what to do, and where to read on. */
  ...{ code: shown, codes: shown, detail: shown, fix: shown, runbook: shown, because: shown },
  /** Described by `describeError`, which shows nothing of a driver's message. */
  err: shown,
  correlation_id: shown,
  /** Of the trace that a request belongs to; absent where nobody traces it. */
  trace_id: shown,
  /** Of a request: its route is the pattern, without what the client has put into it. */
  ...{ method: shown, route: shown, status: shown, duration_ms: shown },
  /** What is spoken of. */
  ...{ database: shown, replica: shown, store: shown, migration: shown, variable: shown },
  ...{ check: shown, checks: shown, context: shown, signal: shown, stack: shown },
  /** A list of names, or by the name what is said of each. */
  stores: keyed,
  /** A masked connection string, or where the service listens. */
  url: shown,
  /** Of a failing dependency, in words. */
  failure: shown,
  /** Of the process. */
  ...{ version: shown, profile: shown, environment: shown, bundles: shown },
  /** Of a database: what it lacks. */
  ...{ lacking: shown, misfits: shown, undurable: shown, intercepting: shown },
  /** Of a log-in: an operator's name, where it is one; a mark by which the same text is known again; and why not. */
  ...{ user: shown, address: shown, fingerprint: shown, reason: shown },
  /** Times, and numbers of things. */
  ...{ since: shown, held_ms: shown, lag_ms: shown, elapsed_seconds: shown, attempt: shown },
  ...{ in_flight: shown, connections: shown, abandoned: shown, late: shown },
  ...{ applied: shown, statement: shown, statements: shown, doing: shown },
});

type CoreLogFields = typeof coreLogFields;

/** Every field of a program's log: whoever declares some adds them by declaration merging. */
export interface LogFieldCatalogue extends CoreLogFields {}

/** One line of the log. */
export type LogFields = { readonly event: string } & {
  readonly [Name in keyof LogFieldCatalogue]?: unknown;
};

/** The names of all fields that have been declared. */
export function declaredLogFields(): ReadonlySet<string> {
  return new Set(declared.keys());
}

/** A line with `***` for each field that is not declared; the line itself where there is none. */
export function maskUndeclared(line: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return masked(line, false, 0);
}

function masked(
  fields: Readonly<Record<string, unknown>>,
  isKeyed: boolean,
  depth: number,
): Readonly<Record<string, unknown>> {
  let changed: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const field = isKeyed ? shown : declared.get(name);
    const seen = field ? visible(value, field.keyed, name, depth) : MASK;
    if (seen !== value) (changed ??= { ...fields })[name] = seen;
  }
  return changed ?? fields;
}

function visible(value: unknown, isKeyed: boolean, name: string, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  // Its serializer decides what of it is shown.
  if (value instanceof Error) return name === 'err' && depth === 0 ? value : MASK;
  if (value instanceof Date) return value;
  if (depth >= MOST_DEPTH || 'toJSON' in value || ArrayBuffer.isView(value)) return MASK;
  if (!Array.isArray(value))
    return masked(value as Readonly<Record<string, unknown>>, isKeyed, depth + 1);
  const all = value.map((each: unknown) => visible(each, isKeyed, name, depth + 1));
  return all.every((each, index) => each === value[index]) ? value : all;
}
