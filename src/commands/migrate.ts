import { Command, Option } from 'commander';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { type Output, report, type Report } from '@holdfast/guard/command/report';
import type { NewFlags } from './migrate-files.js';
import type { LintFlags } from './migrate-lint.js';
import { runCommand, subcommand } from './command.js';
import type { MigrateFlags } from './migrate-databases.js';

/** Runs a subcommand, whose code is loaded only then. */
type Action<Flags> = () => Promise<(context: CommandContext, flags: Flags) => Promise<Report>>;

const failOn = () =>
  new Option(
    '--fail-on <verdicts>',
    'exit with 1 when one of them is found: destroys, will-fail, breaks-old-build, rewrites, locks, not-judged; separated by commas',
  );

/** `holdfast migrate up|status|plan|lint|new|renumber|baseline|unlock|reset` */
export function migrateCommand(): Command {
  const migrate = new Command('migrate').description(
    'Brings the schemas of the stores up to date.',
  );
  migrate.exitOverride().showHelpAfterError('(see holdfast migrate --help)');
  const add = <Flags extends MigrateFlags>(
    name: string,
    description: string,
    action: Action<Flags>,
    store = new Option('--store <name>', 'only this store'),
  ): Command => {
    const command = subcommand(`migrate ${name}`, description)
      .addOption(store)
      .action((flags: Flags) =>
        runCommand(flags, async (context) => (await action())(context, flags)),
      );
    migrate.addCommand(command);
    return command;
  };
  add(
    'up',
    'apply what is pending, one migrator at a time',
    async () => (await import('./migrate-up.js')).up,
  );
  add(
    'status',
    'show what is applied, pending, ahead or edited, and who is migrating',
    async () => (await import('./migrate-status.js')).status,
  ).option('--drift', 'compare the live tables with what the migrations make');
  add(
    'plan',
    'print the SQL that up would run, and what it locks, destroys, breaks and fails on; changes nothing',
    async () => (await import('./migrate-plan.js')).plan,
  ).addOption(failOn());
  migrate.addCommand(
    subcommand('migrate lint', 'judge the files of this build as plan does, without a database')
      .option('--store <name>', 'only this store')
      .option('--from <version>', 'leave out the migrations before this one, for example 0004')
      .addOption(failOn())
      .action((flags: Output & LintFlags) =>
        report(flags, async () => (await import('./migrate-lint.js')).lint(flags)),
      ),
  );
  migrate.addCommand(
    subcommand('migrate new', 'make the files of the next migration of a store, in both dialects')
      .argument('<name>', 'a verb and a noun, for example add_review_notes')
      .requiredOption('--store <name>', 'the store that is changed')
      .option('--no-transaction', 'one statement that runs outside of a transaction')
      .option('--backward-compatible', 'builds that run now go on with it; up proves it')
      .action((name: string, flags: Output & NewFlags) =>
        report(flags, async () => (await import('./migrate-files.js')).newMigration(name, flags)),
      ),
  );
  migrate.addCommand(
    subcommand(
      'migrate renumber',
      'give one of two migrations of the same number, from two branches, the number after the last',
    )
      .argument('<id>', 'number and name, for example 0004_add_review_notes')
      .requiredOption('--store <name>', 'the store that it belongs to')
      .action((id: string, flags: Output & { readonly store: string }) =>
        report(flags, async () => (await import('./migrate-files.js')).renumber(id, flags)),
      ),
  );
  add(
    'baseline',
    'enter migrations as applied whose tables are there already; checks them first',
    async () => (await import('./migrate-baseline.js')).baseline,
    new Option('--store <name>', 'the store whose tables are there').makeOptionMandatory(),
  ).requiredOption('--to <version>', 'the last migration that they have, for example 0002');
  add(
    'unlock',
    'end the server process that holds a migration lock, after telling what it does',
    async () => (await import('./migrate-unlock.js')).unlock,
  ).requiredOption(
    '--pid <number>',
    'of the process, as status and MIGRATION_LOCK_TIMEOUT tell it',
  );
  add(
    'reset',
    'DESTROYS DATA: drop the tables of the stores and migrate from nothing; LOCAL only',
    async () => (await import('./migrate-reset.js')).reset,
  ).option('--yes', 'without it, only say what would be dropped');
  return migrate;
}
