import { parseArgs } from 'node:util';
import { EXIT } from '@holdfast/core/reasons';
import { endWithOutput } from '@holdfast/guard/command/closed-output';
import { boundNameLookups, readConfiguration, refusalOf } from '@holdfast/guard/configure';
import type { Service } from '@holdfast/migrate/service';
import type { CheckMessage } from './cutover/chain.js';
import { checkCutover, type CutoverFlags } from './cutover/cutover.js';
import { type Finding, notRun } from './cutover/finding.js';
import { chainOfCheck, registeredChecks } from './cutover/registered-checks.js';
import { reportOf } from './cutover/report.js';

export { type CutoverCheck, registerCheck } from './cutover/registered-checks.js';

const USAGE =
  'usage: [--connect] [--migrations] [--instances NUMBER] [--reserve NUMBER] [--json]\n';

/**
 * The go or no-go before traffic is switched, as a program of its own: the guard; with `--connect` each
 * database and Redis; with `--migrations` every store; and the checks that the application has registered. Prints the
 * report, or with `--json` a document, and ends the process: 0 for go, else 1, 64 for wrong usage, 69 for
 * what is not there, 78 for a configuration that is refused.
 */
export async function check(service: Service): Promise<void> {
  endWithOutput();
  const checks = registeredChecks();
  const given = readFlags();
  if (!given) {
    process.stderr.write(USAGE);
    process.exit(EXIT.usage);
  }
  boundNameLookups(process);
  const configuration = readConfiguration(process, service);
  process.stderr.write(refusalOf(configuration, service));
  const found = new Map<string, Finding>();
  let planned: readonly string[] = [];
  const onMessage = (message: CheckMessage) => {
    if ('planned' in message) ({ planned } = message);
    else found.set(message.checked.name, message.checked);
  };
  await checkCutover(service, configuration, given, onMessage, () => checks.map(chainOfCheck));
  // A configuration of which nothing is known has no databases, and nothing to query them with.
  const left = checks.map(({ name }) => name).filter((name) => !planned.includes(name));
  const checked = [...planned, ...left].map((name) => ({
    name,
    ...(found.get(name) ?? notRun('the configuration is refused')),
  }));
  const { text, document, exitCode } = reportOf(checked);
  process.stdout.write(given.json ? `${JSON.stringify(document)}\n` : text, () => {
    // A name that is looked up, or a server that is frozen, is not waited for.
    process.exit(exitCode);
  });
}

/** Nothing for wrong usage. */
function readFlags(): (CutoverFlags & { readonly json: boolean }) | undefined {
  try {
    const { values } = parseArgs({
      options: {
        connect: { type: 'boolean', default: false },
        migrations: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        instances: { type: 'string', default: '2' },
        reserve: { type: 'string', default: '5' },
      },
    });
    const { instances, reserve, ...flags } = values;
    if (!/^[1-9]\d{0,4}$/.test(instances) || !/^\d{1,5}$/.test(reserve)) return undefined;
    return { ...flags, instances: Number(instances), reserve: Number(reserve) };
  } catch {
    return undefined;
  }
}
