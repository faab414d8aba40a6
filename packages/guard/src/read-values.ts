import { type Values, type VariableName, variables } from './environment.js';
import type { RawEnvironment } from './read-environment.js';
import { holdsPassword } from './masked-text.js';
import { violation, type Violation } from './violation.js';

/** Judges every variable's type and range. A value that is refused is replaced by the default. */
export function readValues(raw: RawEnvironment): {
  readonly values: Values;
  readonly violations: readonly Violation[];
} {
  const violations: Violation[] = [];
  const entries = (Object.keys(variables) as VariableName[]).map((name) => {
    const { schema, expects, blank, secret } = variables[name];
    const text = raw.texts.get(name);
    if (text === undefined) return [name, defaultOf(name)];
    if (!secret && holdsPassword(text)) {
      violations.push(violation('SETTING_INVALID', name, EXPOSED, EXPOSED_FIX));
      return [name, defaultOf(name)];
    }
    const result = schema.validate(blank === 'unset' ? text.trim() : text, { convert: true });
    if (!result.error) return [name, result.value];
    violations.push(violation('SETTING_INVALID', name, `must be ${expects}`));
    return [name, defaultOf(name)];
  });
  return { values: Object.fromEntries(entries) as Values, violations };
}

const EXPOSED = 'holds a connection string with a password, and is no secret: its value is shown';
const EXPOSED_FIX =
  'Put the connection string into DATABASE_URL, and change the password if it was shown.';

const defaults = new Map<VariableName, unknown>();

function defaultOf(name: VariableName): unknown {
  if (!defaults.has(name)) defaults.set(name, variables[name].schema.validate(undefined).value);
  return defaults.get(name);
}
