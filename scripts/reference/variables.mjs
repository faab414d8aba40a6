import { allVariables } from '@holdfast/guard/environment';
import { service } from '../../src/service.ts';
import { code, page, table } from './markdown.mjs';

export function variablePage() {
  const rows = [...allVariables(service)].map(([name, { schema, ...variable }]) => {
    const { value } = schema.validate(undefined);
    const names = variable.fromFile ? `${code(name)}, ${code(`${name}_FILE`)}` : code(name);
    return [names, variable.meaning, variable.expects, value === undefined ? '' : code(value)];
  });
  return page('Variables', [
    'What each variable holds, what it may be, and what it is when it is not set. No default here: what the meaning says, else nothing. A secret, and what has that name beside it, can be given as a file, by `NAME_FILE`. `holdfast config` shows what is in effect.',
    table(['variable', 'meaning', 'may be', 'default'], rows),
  ]);
}
