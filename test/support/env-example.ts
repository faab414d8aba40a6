import { allVariables } from '@holdfast/guard/environment';
import type { Variable } from '@holdfast/guard/variable';
import { service } from '../../src/service.js';

const HEAD = `# Every variable, with its meaning and its default. Made from the declarations of the guard and the stores by
# npm run env:example. To begin with: cp .env.development.example .env

`;

/** What `.env.example` has to hold. */
export function envExample(): string {
  return HEAD + [...allVariables(service)].map(entry).join('\n');
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
