import { type Command, InvalidArgumentError } from 'commander';
import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { RULE_TYPES } from '../rule.js';
import type { CopyFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { PRESETS } from '../presets/presets.js';
import { REJECTS } from './rejects.js';

const list = (text: string) => text.split(',').map((name) => name.trim());
const collect = (text: string, before: readonly string[]) => [...before, text];

const MAX_JOBS = 32;

/** @throws InvalidArgumentError, commander's */
function jobs(text: string): number {
  if (/^[1-9]\d?$/.test(text) && Number(text) <= MAX_JOBS) return Number(text);
  throw new InvalidArgumentError(`It takes a whole number from 1 to ${MAX_JOBS}.`);
}

/**
 * Gives a command the options of a copy, and what it does.
 * @param command named, with `--json`
 */
export function copyCommand(command: Command, program: CopyProgram): Command {
  const { defaults } = program;
  command
    .option('--from <file>', 'the SQLite database; it is only read')
    .option(
      '--to <dsn>',
      `the PostgreSQL database; by default ${defaults.target}. Others on this machine can see a password in it: prefer DATABASE_URL_FILE or --to-file`,
    )
    .option('--to-file <file>', 'a file with what --to would be')
    .option('--schema <name>', `schema of the target; by default ${defaults.schema}`)
    .option(
      '--tables <names>',
      'only these tables, separated by commas; * stands for any characters, ? for any one',
      list,
    )
    .option('--exclude <names>', 'not these tables, as in --tables', list, [])
    .option(
      '--skip-column <name>',
      'not this column, TABLE.COLUMN, as in --tables: *.blob_cache; as often as needed',
      collect,
      [],
    )
    .option(
      '--rename <rule>',
      'TABLE=NAME, TABLE.COLUMN=NAME or INDEX=NAME: what it is called in the target; as often as needed',
      collect,
      [],
    )
    .option(
      '--map <rule>',
      `what columns mean: TABLE.COLUMN=TYPE[:UNIT], TABLE.*=…, *.COLUMN=…, type:DECLARED=… or @FILE with one of them a line. Types: ${RULE_TYPES}`,
      collect,
      [],
    )
    .option(
      '--preset <program>',
      `rules and tables to leave out for the database of a program, which \`copy inspect\` recognizes: ${PRESETS.map(({ name }) => name).join(', ')}; --map goes before them`,
    )
    .option('--jobs <n>', 'tables to copy at once, each through a connection of its own', jobs, 1)
    .option('--schema-only', 'make the tables, and copy no rows')
    .option('--data-only', 'make no table: all have to be there')
    .option(
      '--before-sql <file>',
      'run this SQL in the transaction that shows the copy, before anything else in it',
    )
    .option('--after-sql <file>', 'the same, at the end of it')
    .option('--replace', 'put the copied rows in the place of those that are there')
    .option('--allow-writers', 'do not keep other processes from writing to the file meanwhile')
    .option('--dry-run', 'do everything but write')
    .option('--resume', 'continue a copy that was interrupted; from the start if there is none')
    .option('--undo <report>', 'put back what was there before the copy that wrote this report')
    .option(
      '--follow',
      'copy while the program of the file goes on writing, and keep applying what it writes, until SIGUSR1 or --cut-over',
    )
    .option('--cut-over', 'with --follow: switch as soon as the copy has caught up')
    .option(
      '--follow-back',
      'after a switch: apply what is written to PostgreSQL to the old file, so that going back loses nothing. With --follow from the switch on; alone for a copy that is switched in',
    )
    .option(
      '--go-back',
      'with --follow-back: compare both sides, refuse writes to PostgreSQL and let programs write to the file again, as soon as it has caught up; SIGUSR2 does the same later',
    )
    .option(
      '--stop-following',
      'take what --follow has put into the file out of it; with --follow-back what that has put into PostgreSQL',
    )
    .option('--report <file>', 'write the report as JSON to this file, too')
    .option(
      '--metrics-file <file>',
      'keep how far it is in this file, for Prometheus: NAME.prom in the folder of the textfile collector of node_exporter',
    )
    .option(
      '--rejects <file>',
      `with --on-reject list: write the rows that are left out to this file, one JSON object a line; by default beside the report, as REPORT${REJECTS}, else holdfast-copy${REJECTS}`,
    );
  command.addOption(
    command
      .createOption(
        '--types <which>',
        'what columns of new tables become: by what they hold, or as they are declared where every value fits (numeric(10,2), timestamp, boolean, varchar(20), uuid, json); --dry-run tells where that differs, and why',
      )
      .choices(['held', 'declared'])
      .default('held'),
  );
  command.addOption(
    command
      .createOption('--verify <how>', 'compare what PostgreSQL has stored with what was read')
      .choices(['none', 'counts', 'full'])
      .default('full'),
  );
  command.addOption(
    command
      .createOption('--on-reject <what>', 'rows with values that the target cannot hold')
      .choices(['fail', 'list'])
      .default('fail'),
  );
  command.addOption(
    command
      .createOption('--on-orphan <what>', 'rows that refer to rows which do not exist')
      .choices(['fail', 'not-valid'])
      .default('fail'),
  );
  command
    .command('inspect')
    .description(
      'What an SQLite database holds, which program made it, and which command copies it.',
    )
    .argument('<file>', 'the SQLite database; it is only read')
    .addHelpText('after', `\nExample: ${defaults.command} inspect app.db`)
    .action((file: string, _: unknown, own: Command) =>
      program.run(own.optsWithGlobals<CopyFlags>(), async () => {
        const { inspect } = await import('./inspect.js');
        return inspect(file, defaults.command);
      }),
    );
  command
    .command('cost-of-return')
    .description('How many rows going back to the SQLite file would lose. Changes nothing.')
    .argument('<report>', 'the file of --report of the copy that was switched in')
    .action((report: string, _: unknown, own: Command) => {
      const flags = own.optsWithGlobals<CopyFlags>();
      return program.run(flags, async (context) => {
        const { costOfReturn } = await import('./cost-of-return.js');
        return costOfReturn(context, report, flags, program);
      });
    });
  command.addHelpText('after', examples(defaults.command));
  return command.action((flags: CopyFlags) =>
    program.run(flags, (context) => work(context, flags, program)),
  );
}

/** What the flags ask for. It is loaded only now: help and wrong usage need none of it. */
async function work(
  context: CommandContext,
  flags: CopyFlags,
  program: CopyProgram,
): Promise<Report> {
  if (flags.undo !== undefined) {
    const { undo } = await import('./undo.js');
    return undo(context, flags.undo, flags, program);
  }
  const isBack = flags.followBack === true || flags.goBack === true;
  if (flags.stopFollowing === true) {
    const { stopFollowing, stopFollowingBack } = await import('./stop-following.js');
    return isBack ? stopFollowingBack(context, flags, program) : stopFollowing(flags);
  }
  if (flags.follow === true || flags.cutOver === true) {
    const { runFollow } = await import('./run-follow.js');
    return runFollow(context, flags, program);
  }
  if (isBack) {
    const { runFollowBack } = await import('./run-follow-back.js');
    return runFollowBack(context, flags, program);
  }
  const { runCopy } = await import('./run-copy.js');
  return runCopy(context, flags, program);
}

function examples(command: string): string {
  return `
Examples:
  ${command} inspect app.db
  ${command} --from app.db --to-file dsn --types declared --dry-run
  ${command} --from app.db --to-file dsn --map type:DATETIME=timestamptz:utc --map '*.is_active=boolean' --report copy.json
  ${command} --from db.sqlite3 --to-file dsn --preset django --data-only --replace
  ${command} --from app.db --to-file dsn --rename users=people --skip-column '*.cache' --exclude 'log_*'
  ${command} --from app.db --to-file dsn --follow --follow-back --report copy.json
`;
}
