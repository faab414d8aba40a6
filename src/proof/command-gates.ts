import { codesIn, type Document, documentIn, textIn } from './documents.js';
import type { Finding, Gate } from './gate.js';
import { startProgram } from './programs.js';
import './proof.reasons.js';

/** More than `check` ever takes, on a machine that is busy with a cutover. */
const LIMIT_MS = 100_000;

/**
 * What this program says of its configuration, and of the databases and Redis that it names.
 * @param instances processes that will serve, for the connection budget
 */
export function commandGates(instances: number): readonly Gate[] {
  const check = ['check', '--connect', '--migrations', '--instances', String(instances)];
  return [
    command('configuration', ['config'], 'PRODUCTION', (document) => ({
      seen: textIn(document, 'profile'),
    })),
    command('check', check, 'go', (document) => {
      const failing = listIn(document.checks).filter(({ ok }) => ok !== true);
      return { seen: textIn(document, 'verdict'), code: codesIn(failing)[0] };
    }),
    command('migrations of the databases', ['migrate', 'status'], 'head', (document) => ({
      seen: textIn(document, 'status'),
      ...(document.status === 'pending' && { code: 'MIGRATIONS_PENDING' }),
    })),
  ];
}

interface Judgement {
  readonly seen: string;
  readonly code?: string | undefined;
}

/** Go is exit code 0 and exactly what is expected. */
function command(
  name: string,
  args: readonly string[],
  expected: string,
  judge: (document: Document) => Judgement,
): Gate {
  return {
    name,
    command: `holdfast ${args.join(' ')} --json`,
    expected,
    look: async (): Promise<Finding> => {
      const { ended } = startProgram(
        'cli.js',
        [...args, '--json'],
        // The pack that is being made is to take the place of the one that is asked for.
        { LOG_FORMAT: 'json', REQUIRE_PROOF: undefined },
        LIMIT_MS,
      );
      const { exitCode, timedOut, stdout, stderr } = await ended;
      const output = stdout + stderr;
      if (timedOut) return { isGo: false, got: 'killed', code: 'PROOF_STEP_TIMEOUT', output };
      const document = documentIn(stdout);
      const { seen, code = codesIn(document)[0] } = judge(document);
      const isGo = exitCode === 0 && seen === expected;
      return {
        isGo,
        got: `${seen}, exit code ${exitCode}`,
        exitCode,
        output,
        ...(!isGo && { code }),
      };
    },
  };
}

function listIn(value: unknown): readonly Document[] {
  return Array.isArray(value) ? value.map(documentIn) : [];
}
