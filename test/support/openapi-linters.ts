import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Programs that judge OpenAPI documents. They bring 240 packages and 80 MB, of which nothing else here
 * uses any: they are fetched once a machine instead of by every `npm ci`.
 */
const PACKAGES = ['@stoplight/spectral-cli@6.16.3', '@redocly/cli@2.77.0'];

const FOLDER = join(
  tmpdir(),
  'holdfast-openapi-linters',
  PACKAGES.map((each) => each.split('@').at(-1)).join('-'),
);

/** Neither asks for its newest release, nor tells anybody that it ran. */
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

/** For a finding at every line of a document. */
const OUTPUT_BYTES = 16 * 1024 * 1024;

/** What both find, a line each; where they are not installed yet, it takes a minute. */
export async function lintOpenApi(document: unknown): Promise<readonly string[]> {
  if (!existsSync(FOLDER)) fetchLinters();
  const file = join(FOLDER, `document-${process.pid}.json`);
  writeFileSync(file, JSON.stringify(document));
  try {
    return [...(await spectralFindings(file)), ...(await redoclyFindings(file))];
  } finally {
    rmSync(file);
  }
}

/** Is there as a whole or not at all. */
function fetchLinters(): void {
  const aside = `${FOLDER}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, 'package.json'), '{"private":true}');
  writeFileSync(join(aside, 'spectral.json'), '{"extends":["spectral:oas"]}');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict'];
  execFileSync('npm', ['install', ...quiet, ...PACKAGES], { cwd: aside, stdio: 'pipe' });
  renameSync(aside, FOLDER);
}

interface SpectralFinding {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

async function spectralFindings(file: string): Promise<readonly string[]> {
  const options = ['--ruleset', 'spectral.json', '--format', 'json', '--quiet'];
  const findings = (await outputOf('spectral', [file, ...options])) as readonly SpectralFinding[];
  return findings.map(
    ({ code, message, path }) => `spectral ${code} ${path.join('.')}: ${message}`,
  );
}

interface RedoclyFinding {
  readonly ruleId: string;
  readonly message: string;
  readonly location: readonly { readonly pointer?: string }[];
}

async function redoclyFindings(file: string): Promise<readonly string[]> {
  const options = ['--extends', 'recommended', '--format', 'json', '--max-problems', '1000'];
  const { problems } = (await outputOf('redocly', [file, ...options])) as {
    readonly problems: readonly RedoclyFinding[];
  };
  return problems.map(
    ({ ruleId, message, location }) => `redocly ${ruleId} ${location[0]?.pointer}: ${message}`,
  );
}

/** Of a linter, in JSON: it ends with 1 where it has found an error, and with more where it could not run. */
function outputOf(program: 'spectral' | 'redocly', args: readonly string[]): Promise<unknown> {
  const options = { cwd: FOLDER, env: { ...process.env, ...QUIET }, maxBuffer: OUTPUT_BYTES };
  return new Promise((done, failed) => {
    execFile(
      join('node_modules/.bin', program),
      ['lint', ...args],
      options,
      (fault, stdout, stderr) => {
        if (fault && fault.code !== 1)
          failed(new Error(`${program} failed: ${stderr}`, { cause: fault }));
        else done(JSON.parse(stdout));
      },
    );
  });
}
