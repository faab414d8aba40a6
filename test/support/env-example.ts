import { allVariables, type Variable } from '@holdfast/guard/environment';
import { registeredStores } from '../../src/stores/registry.js';

const HEAD = `# Every variable, with its meaning and its default. Made from packages/guard/src/environment.ts by
# npm run env:example. To begin with: cp .env.development.example .env

`;

/** What `.env.example` has to hold. */
export function envExample(): string {
  return HEAD + [...allVariables(registeredStores)].map(entry).join('\n');
}

function entry([name, variable]: readonly [string, Variable]): string {
  const fallback = defaultOf(variable);
  const remarks = [variable.expects, variable.fromFile && `or as a file: ${name}_FILE`].filter(
    (remark) => remark && remark !== 'a text',
  );
  const told = remarks.length > 0 ? ` (${remarks.join('; ')})` : '';
  return `# ${variable.meaning}${told}\n# ${name}=${fallback}\n`;
}

function defaultOf({ schema, blank }: Variable): string {
  if (blank === 'given') return '';
  const { error, value } = schema.validate(undefined) as {
    error?: Error;
    value?: string | number | boolean;
  };
  return error || value === undefined ? '' : String(value);
}
