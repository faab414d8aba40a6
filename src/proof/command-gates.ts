import type { Settings } from '../config/settings.js';
import { codesIn, type Document, documentIn } from './documents.js';
import type { Finding, Gate } from './gate.js';
import { startProgram } from './programs.js';

/** `check` takes ten seconds at most, whatever hangs. */
const LIMIT_MS = 30_000;

/** What this program says of the databases and Redis that this configuration names. */
export function commandGates({ profile, environment, strict }: Settings): readonly Gate[] {
  const seen = `profile ${profile}, environment ${environment ?? 'without a name'}, ${strict ? 'strict' : 'not strict'}`;
  return [
    {
      name: 'profile',
      command: 'holdfast config',
      expected: 'PRODUCTION',
      look: () => Promise.resolve({ isGo: profile === 'PRODUCTION', got: profile, output: seen }),
    },
    command('check', ['check', '--connect', '--migrations'], 'go', ({ verdict, checks }) => {
      const failing = listIn(checks).filter(({ ok }) => ok !== true);
      return { seen: String(verdict), code: codesIn(failing)[0] };
    }),
    command('migrations of the databases', ['migrate', 'status'], 'head', ({ status }) => ({
      seen: String(status),
      ...(status === 'pending' && { code: 'MIGRATIONS_PENDING' }),
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
        { LOG_FORMAT: 'json' },
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
