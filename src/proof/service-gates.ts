import { release } from '../release.js';
import type { HttpAnswer } from '../http-get.js';
import { serviceGet } from './service-get.js';
import type { Finding, Gate } from './gate.js';
import type { ProvedService } from './proved-service.js';
import { codesIn, documentIn, textIn } from './documents.js';

const LIMIT_MS = 5000;

/** What is asked of the running service, each within five seconds. */
export function serviceGates(service: ProvedService): readonly Gate[] {
  const build = `${release.version} (${release.commit ?? 'no commit'})`;
  return [
    getGate({ url: service.url }, '/health/live', 'live', '200', () => ({
      isGo: true,
      got: 'alive',
    })),
    getGate({ url: service.url }, '/health/ready', 'ready', '200, profile PRODUCTION', (body) => ({
      isGo: body.profile === 'PRODUCTION',
      got: `${textIn(body, 'status')}, profile ${textIn(body, 'profile')}`,
    })),
    getGate({ url: service.url }, '/version', 'version', build, (body) => ({
      isGo: body.version === release.version && body.commit === release.commit,
      got: `${textIn(body, 'version')} (${textIn(body, 'commit')})`,
    })),
    getGate(
      forOperators(service),
      '/health/migrations',
      'migrations of the service',
      'head',
      (body) => ({
        isGo: body.status === 'head',
        got: textIn(body, 'status'),
        ...(body.status === 'pending' && { code: 'MIGRATIONS_PENDING' }),
      }),
    ),
    getGate(
      forOperators(service),
      '/api/v1/diagnostics',
      'write probe',
      'a write in every database',
      (body) => {
        const { write_probe_ok: ok } = documentIn(body.storage);
        return { isGo: ok === true, got: ok === true ? 'written and rolled back' : 'not written' };
      },
    ),
  ];
}

type Judgement = Pick<Finding, 'isGo' | 'got' | 'code'>;
type Judge = (body: Readonly<Record<string, unknown>>) => Judgement | Promise<Judgement>;

/** The service, at the place where it answers what operators look at. */
export function forOperators({ operationsUrl: url, token }: ProvedService): Asked {
  return { url, ...(token && { token }) };
}

/** Where a gate asks, and by what; live, ready and version are asked by nothing. */
type Asked = Pick<ProvedService, 'url' | 'token'>;

/** Only 200 is judged any further. */
export function getGate(
  { url: base, token }: Asked,
  path: string,
  name: string,
  expected: string,
  judge: Judge,
): Gate {
  const url = urlBelow(base, path);
  const header = token ? `-H "Authorization: Bearer $(cat ${token.file})" ` : '';
  return {
    name,
    command: `curl -s ${header}${url.href}`,
    expected,
    look: async () => {
      const answer = await serviceGet(url, LIMIT_MS, token?.value);
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
