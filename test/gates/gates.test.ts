import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { execute } from '../support/program.js';
import { type BrokenCopy, brokenCopy } from './broken-copy.js';
import { WITHOUT_CALLERS } from '../support/without-callers.js';

/** Ends what hangs: a gate that is red has done less than one that is green, but on a machine that is busy. */
const LIMIT_MS = 900_000;

let copy: BrokenCopy;
let database: TestDatabase | undefined;

beforeEach(() => {
  copy = brokenCopy();
});

afterEach(async () => {
  copy.discard();
  await database?.drop();
  database = undefined;
});

/** What looks at all sources has little to look at, and is quick. */
function leaveOnly(file: string, text: string): void {
  for (const folder of ['bench', 'docs', 'launch', 'packages', 'scripts', 'src', 'test'])
    copy.empty(folder);
  copy.write(file, text);
}

/** Serves whatever it is asked for, and knows nothing. */
const YES_MAN = `
  require('node:http')
    .createServer((request, response) => response.end('{"status":"ok","profile":"PRODUCTION"}'))
    .listen(process.env.PORT, '127.0.0.1', function () {
      console.log('{"event":"listening","url":"http://127.0.0.1:' + this.address().port + '"}');
    });
`;

async function migratedDatabase(): Promise<Readonly<Record<string, string>>> {
  database = await createDatabase();
  const environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    ...WITHOUT_CALLERS,
    DATABASE_URL: database.url,
  };
  expect((await execute('cli.js', ['migrate', 'up'], environment)).code).toBe(0);
  return environment;
}

describe('ends with another code than 0 when what it looks at is broken:', () => {
  it.each([
    ['smoke:negative', 'the exit code is 0'],
    ['smoke:production', 'main.js ends with 0, not 69'],
  ])(
    '%s, by a guard that lets everything through',
    async (script, told) => {
      copy.write('dist/main.js', 'process.exit(0);\n');
      const { code, output } = await copy.npmRun([script]);
      expect(output).toContain('FAILED');
      expect(output).toContain(told);
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  it(
    'test:browser, by a service that shows no documentation',
    async () => {
      copy.write('dist/main.js', YES_MAN);
      const { code, output } = await copy.npmRun(['test:browser']);
      expect(output).toMatch(/Error: /);
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  it.each([
    ['lint', 'export function unused() {\n  let a = 1;\n}\n', 'no-unused-vars'],
    ['lint', 'export const   a = 1;\n', 'Code style issues'],
    ['typecheck', "export const a: number = 'one';\n", 'TS2322'],
  ])(
    '%s, by %j',
    async (script, text, told) => {
      leaveOnly('src/broken.ts', text);
      const { code, output } = await copy.npmRun([script]);
      expect(output).toContain(told);
      expect(code).not.toBe(0);
    },
    LIMIT_MS,
  );

  it.each([
    [
      'lint:imports',
      'an arrow that goes up',
      {
        'packages/core/src/low.ts': "import '../../guard/src/high.js';\n",
        'packages/guard/src/high.ts': '',
      },
      'core-knows-nothing-above',
    ],
    [
      'lint:imports',
      'a circle',
      {
        'src/one.ts': "import { two } from './two.js';\nexport const one = () => two;\n",
        'src/two.ts': "import { one } from './one.js';\nexport const two = () => one;\n",
      },
      'no-circle',
    ],
    [
      'lint',
      'a way around the front door',
      {
        'src/broken.ts': "import '../packages/core/src/low.js';\n",
        'packages/core/src/low.ts': '',
      },
      'A package is known by the exports',
    ],
  ])(
    '%s, by %s',
    async (script, _, files, told) => {
      leaveOnly('src/empty.ts', '');
      for (const [file, text] of Object.entries(files)) copy.write(file, text);
      const { code, output } = await copy.npmRun([script]);
      expect(output).toContain(told);
      expect(code).not.toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'build, by a source that cannot be read',
    async () => {
      copy.write('src/release.ts', 'export class {\n');
      const { code, output } = await copy.npmRun(['build']);
      expect(output).toContain('release.ts');
      expect(code).not.toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'reference, by a page that is stale',
    async () => {
      copy.write('docs/reference/variables.md', '# Variables\n');
      const { code, output } = await copy.npmRun(['reference', '--', '--check']);
      expect(output).toContain('Stale in docs/reference: variables.md');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  it.each([
    ['test', 'test/e2e/broken.test.ts'],
    ['test:fast', 'test/unit/broken.test.ts'],
    ['test:peers', 'test/peers/broken.test.ts'],
    ['test:long', 'test/long/broken.test.ts'],
    ['test:published', 'test/published/broken.test.ts'],
    ['test:gates', 'test/gates/broken.test.ts'],
    ['test:faults', 'test/faults/broken.test.ts'],
  ])(
    '%s, by one test',
    async (script, file) => {
      copy.write(
        file,
        "import { expect, it } from '@jest/globals';\nit('holds', () => {\n  expect(1).toBe(2);\n});\n",
      );
      const given = { TEST_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
      const { code, output } = await copy.npmRun([script, '--', file], given);
      expect(output).toContain('1 failed, 1 total');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  it(
    'test:fast, by a test that starts a process',
    async () => {
      copy.write(
        'test/unit/broken.test.ts',
        "import { execFileSync } from 'node:child_process';\nimport { it } from '@jest/globals';\nit('holds', () => {\n  execFileSync('true');\n});\n",
      );
      const { code, output } = await copy.npmRun(['test:fast', '--', 'test/unit/broken.test.ts']);
      expect(output).toContain('starts a process by execFileSync');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  it.each(['test:peers', 'test:faults'])(
    '%s, by a machine with Node alone, and says what to install',
    async (script) => {
      const bare = copy.folderOf(['node', 'npm', 'sh']);
      const { code, output } = await copy.npmRun([script], { PATH: bare });
      // PgBouncer, HAProxy and the server's are found where Debian has them, whatever the PATH is.
      for (const program of ['redis-server', 'openssl', 'age', 'python3', 'docker-compose'])
        expect(output).toContain(`  ${program} `);
      expect(output).toMatch(/apt-get install .* redis-server .*curl /);
      expect(output).toMatch(/brew install redis .*curl /);
      expect(output).not.toContain('Test Suites');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  it(
    'check, by a migration that the database does not have',
    async () => {
      const environment = await migratedDatabase();
      const check = ['holdfast', '--', 'check', '--connect', '--migrations'];
      expect(await copy.npmRun(check, environment)).toMatchObject({ code: 0 });
      const next = String(readdirSync('migrations/dpm/postgres').length + 1).padStart(4, '0');
      for (const dialect of ['postgres', 'sqlite']) {
        copy.write(`migrations/dpm/${dialect}/${next}_add_nothing.sql`, 'SELECT 1;\n');
      }
      const { code, output } = await copy.npmRun(check, environment);
      expect(output).toContain('MIGRATIONS_PENDING');
      expect(output).toContain('no-go');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  it(
    'proof, by a service that says yes to everything',
    async () => {
      const environment = await migratedDatabase();
      const server = createServer((_, response) => {
        response.end('{"status":"ok","profile":"PRODUCTION"}');
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const prove = ['holdfast', '--', 'proof', '--url', `http://127.0.0.1:${port}`];
      const { code, output } = await copy.npmRun(prove, environment);
      server.close();
      expect(output).toContain('no-go: version');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );
});
