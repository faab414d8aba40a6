import { release } from '../release.js';
import { type HttpAnswer, httpGet } from './http-get.js';
import type { Finding, Gate } from './gate.js';
import { codesIn, documentIn, textIn } from './documents.js';

const LIMIT_MS = 5000;

/** What is asked of the running service, each within five seconds. */
export function serviceGates(url: URL): readonly Gate[] {
  const build = `${release.version} (${release.commit ?? 'no commit'})`;
  return [
    getGate(url, '/health/live', 'live', '200', () => ({ isGo: true, got: 'alive' })),
    getGate(url, '/health/ready', 'ready', '200, profile PRODUCTION', (body) => ({
      isGo: body.profile === 'PRODUCTION',
      got: `${textIn(body, 'status')}, profile ${textIn(body, 'profile')}`,
    })),
    getGate(url, '/version', 'version', build, (body) => ({
      isGo: body.version === release.version && body.commit === release.commit,
      got: `${textIn(body, 'version')} (${textIn(body, 'commit')})`,
    })),
    getGate(url, '/health/migrations', 'migrations of the service', 'head', (body) => ({
      isGo: body.status === 'head',
      got: textIn(body, 'status'),
      ...(body.status === 'pending' && { code: 'MIGRATIONS_PENDING' }),
    })),
    getGate(url, '/api/v1/diagnostics', 'write probe', 'a write in every database', (body) => {
      const { write_probe_ok: ok } = documentIn(body.storage);
      return { isGo: ok === true, got: ok === true ? 'written and rolled back' : 'not written' };
    }),
  ];
}

type Judgement = Pick<Finding, 'isGo' | 'got' | 'code'>;
type Judge = (body: Readonly<Record<string, unknown>>) => Judgement | Promise<Judgement>;

/** Only 200 is judged any further. */
export function getGate(
  base: URL,
  path: string,
  name: string,
  expected: string,
  judge: Judge,
): Gate {
  const url = urlBelow(base, path);
  return {
    name,
    command: `curl -s ${url.href}`,
    expected,
    look: async () => {
      const answer = await httpGet(url, LIMIT_MS);
      return { httpStatus: answer.status, output: answer.text, ...(await judged(answer, judge)) };
    },
  };
}

async function judged({ status, text }: HttpAnswer, judge: Judge): Promise<Judgement> {
  const body = documentIn(text);
  if (status === 200) return judge(body);
  const [code] = codesIn(body);
  return { isGo: false, got: `${status}${code === undefined ? '' : ` with ${code}`}`, code };
}

/** A service may be served below a path. */
export function urlBelow(base: URL, path: string): URL {
  return new URL(base.pathname.replace(/\/$/, '') + path, base);
}
