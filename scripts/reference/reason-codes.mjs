import { knownCodes } from '../../src/commands/explain.ts';
import { reasonFor } from '@holdfast/core/reasons';
import { code, page, table } from './markdown.mjs';

export function reasonPage() {
  const rows = knownCodes().map((name) => {
    const { meaning, fix, status, exit } = reasonFor(name);
    return [code(name), meaning, fix, status, exit];
  });
  return page('Reason codes', [
    'Every error that a user or an operator can meet: the HTTP status where it answers a request, the exit code where it ends a process. `holdfast explain CODE` says the same. What follows a colon (`MIGRATION_FAILED:dpm:0002`) says where it happened.',
    table(['code', 'meaning', 'what to do', 'HTTP', 'exit'], rows),
  ]);
}
