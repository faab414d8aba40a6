import type { Command } from 'commander';
import type { Configuration } from '@holdfast/guard/configure';
import {
  effectiveDatabases,
  effectiveVariables,
  type EffectiveVariable,
} from '@holdfast/guard/effective';
import { EXIT } from '@holdfast/core/reasons';
import { service } from '../service.js';
import type { Report } from '@holdfast/guard/command/report';
import { runJudging, subcommand } from './command.js';
import { table } from '@holdfast/core/table';

/** `holdfast config` */
export function configCommand(): Command {
  return subcommand(
    'config',
    'Shows the effective configuration: every variable, its value and where that comes from.',
  ).action((flags: { readonly json?: boolean }) => runJudging(flags, (given) => show(given)));
}

/** A refused configuration is shown all the same, and ends with 78. */
function show({ raw, verdict }: Configuration): Promise<Report> {
  const variables = effectiveVariables(raw, verdict, service);
  const text = table([['VARIABLE', 'VALUE', 'ORIGIN'], ...variables.map(rowOf)]);
  const settings = 'settings' in verdict ? verdict.settings : undefined;
  const { profile, environment, strict } = settings ?? {};
  return Promise.resolve({
    text,
    document: {
      ...(settings && { profile, environment, strict, databases: effectiveDatabases(settings) }),
      variables,
      violations: 'violations' in verdict ? verdict.violations : [],
    },
    exitCode: settings ? EXIT.ok : EXIT.configuration,
  });
}

function rowOf({ name, value, origin, refused }: EffectiveVariable): readonly string[] {
  const missing = origin === 'default' ? '(missing)' : '(refused)';
  return [name, refused ? missing : String(value ?? '-'), origin];
}
