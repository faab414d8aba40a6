import { Secret } from '@holdfast/core/secret';
import { allVariables, placeVariables, type Values } from './environment.js';
import { holdsPassword } from './masked-text.js';
import type { RawEnvironment } from './read-environment.js';
import { isEncrypted } from './secrets/encrypted-value.js';
import type { ServiceDeclaration } from './service-declaration.js';
import type { Variable } from './variable.js';
import { violation, type Violation } from './violation.js';

/** What the variables say, each of the type that it is declared with. */
export interface ReadValues {
  /** Of every variable but those that say where a store is; typed for those of every service. */
  readonly values: Values & Readonly<Record<string, unknown>>;
  readonly violations: readonly Violation[];
}

/** Judges every variable's type and range. A value that is refused is replaced by the default. */
export function readValues(raw: RawEnvironment, service: ServiceDeclaration): ReadValues {
  const violations: Violation[] = [];
  const places = placeVariables(service);
  const values: Record<string, unknown> = {};
  for (const [name, variable] of allVariables(service)) {
    if (places.has(name)) continue;
    const given = raw.texts.get(name);
    const fault = given === undefined ? undefined : faultIn(name, given, variable);
    if (fault) violations.push(fault);
    values[name] =
      fault || given === undefined ? defaultOf(variable) : convert(given, variable).value;
  }
  return { values: values as ReadValues['values'], violations };
}

/** What the stores and the service declare themselves, secrets as `Secret`. */
export function ownValues(
  values: ReadValues['values'],
  { stores, variables }: ServiceDeclaration,
): Readonly<Record<string, unknown>> {
  const declared = [...stores.map((store) => store.variables ?? {}), variables ?? {}];
  return Object.fromEntries(
    declared.flatMap(Object.entries<Variable>).map(([name, { secret }]) => {
      const value = values[name];
      return [name, secret && typeof value === 'string' ? new Secret(value) : value];
    }),
  );
}

function faultIn(name: string, given: string, variable: Variable): Violation | undefined {
  if (!variable.secret && holdsPassword(given))
    return violation('SETTING_INVALID', name, EXPOSED, EXPOSED_FIX);
  if (!variable.fromFile && isEncrypted(given))
    return violation(
      'SETTING_INVALID',
      name,
      'holds an encrypted value, which only secrets may be',
    );
  const { error } = convert(given, variable);
  return error && violation('SETTING_INVALID', name, `must be ${variable.expects}`);
}

function convert(given: string, { schema, blank }: Variable) {
  return schema.validate(blank === 'unset' ? given.trim() : given, { convert: true });
}

const EXPOSED = 'holds a connection string with a password, and is no secret: its value is shown';
const EXPOSED_FIX =
  'Put the connection string into DATABASE_URL, and change the password if it was shown.';

const defaults = new WeakMap<Variable, { readonly value: unknown }>();

function defaultOf(variable: Variable): unknown {
  const known = defaults.get(variable) ?? {
    value: variable.schema.validate(undefined).value as unknown,
  };
  defaults.set(variable, known);
  return known.value;
}
