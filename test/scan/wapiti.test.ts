import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { as, PROPOSALS, RUNS, startStage, type Stage } from '../support/abuse/stage.js';

/**
 * All that it has but four: `nikto` and `wapp` fetch what they look for from the network, `ssrf` waits for a call to a
 * machine on the internet, and `brute_login_form` is for forms in pages.
 */
const MODULES = [
  ...['backup', 'blindsql', 'buster', 'cookieflags', 'crlf', 'csp', 'csrf', 'exec', 'file'],
  ...['htaccess', 'http_headers', 'methods', 'permanentxss', 'redirect', 'shellshock', 'sql'],
  ...['xss', 'xxe'],
];
const MODULE_SECONDS = 60;
const SCAN_MS = 40 * 60_000;
/** No browser heeds it any more. */
const NOT_OF_NOTE = 'X-XSS-Protection is not set';

let stage: Stage;
let folder: string;

beforeAll(async () => {
  stage = await startStage({ RATE_LIMIT_REFUSED: '0' });
  folder = mkdtempSync(join(tmpdir(), 'holdfast-wapiti-'));
});
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Parameter {
  readonly in: string;
  readonly name: string;
}

/** Each route that reads, with records that there are and every parameter of its query. */
async function places(headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const answer = await fetch(`${stage.service.url}/docs-json`, { headers });
  const { paths } = (await answer.json()) as {
    readonly paths: Readonly<
      Record<string, { readonly get?: { readonly parameters: readonly Parameter[] } }>
    >;
  };
  return Object.entries(paths).flatMap(([path, { get }]) => {
    if (!get) return [];
    const record = path.startsWith(PROPOSALS)
      ? stage.draft
      : path.startsWith(RUNS)
        ? stage.run
        : 'x';
    const query = get.parameters
      .filter((each) => each.in === 'query')
      .map(({ name }) => `${name}=1`);
    const known = path.replace('{version_no}', '1').replaceAll(/\{\w+\}/g, record);
    const whole = stage.service.url + known;
    return query.length > 0 ? [whole, `${whole}?${query.join('&')}`] : [whole];
  });
}

interface Finding {
  readonly method: string;
  readonly path: string;
  readonly info: string;
}

it(
  'wapiti finds nothing, and changes nothing',
  async () => {
    const token = await as('scanner', undefined, { exp: Math.floor(Date.now() / 1000) + 7200 });
    const before = await stage.digest();
    const report = join(folder, 'report.json');
    const asked = await places(token);
    await promisify(execFile)(
      'wapiti',
      [
        ...['-u', `${stage.service.url}/`, '--scope', 'folder', '-m', MODULES.join(',')],
        ...asked.flatMap((place) => ['-s', place]),
        ...['-H', `Authorization: ${token.authorization}`, '-H', 'X-Forwarded-Proto: https'],
        ...['--max-attack-time', String(MODULE_SECONDS), '-l', '2', '--no-bugreport'],
        ...['--store-session', folder, '--store-config', folder, '-f', 'json', '-o', report],
      ],
      { timeout: SCAN_MS, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, HOME: folder } },
    );
    const { vulnerabilities, anomalies } = JSON.parse(readFileSync(report, 'utf8')) as Readonly<
      Record<'vulnerabilities' | 'anomalies', Readonly<Record<string, readonly Finding[]>>>
    >;
    const found = Object.entries({ ...vulnerabilities, ...anomalies }).flatMap(([kind, findings]) =>
      findings.map(({ method, path, info }) => `${kind}: ${method} ${path}: ${info}`),
    );
    const { length } = stage.service.output().split('"request.completed"');
    console.log(`wapiti: ${MODULES.length} modules, ${asked.length} places, ${length} requests`);
    expect(found.filter((each) => !each.includes(NOT_OF_NOTE))).toEqual([]);
    expect(length).toBeGreaterThan(1000);
    expect(await stage.digest()).toBe(before);
  },
  SCAN_MS,
);
