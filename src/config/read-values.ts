import { type Values, type VariableName, variables } from './environment.js';
import type { RawEnvironment } from './read-environment.js';
import { violation, type Violation } from './violation.js';

/** Judges every variable's type and range. A value that is refused is replaced by the default. */
export function readValues(raw: RawEnvironment): {
  readonly values: Values;
  readonly violations: readonly Violation[];
} {
  const violations: Violation[] = [];
  const entries = (Object.keys(variables) as VariableName[]).map((name) => {
    const { schema, expects, blank } = variables[name];
    const text = raw.texts.get(name);
    const result = schema.validate(blank === 'unset' ? text?.trim() : text, { convert: true });
    if (!result.error) return [name, result.value];
    if (text !== undefined) {
      violations.push(violation('SETTING_INVALID', name, `must be ${expects}`));
    }
    return [name, schema.validate(undefined).value as unknown];
  });
  return { values: Object.fromEntries(entries) as Values, violations };
}
