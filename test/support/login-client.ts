import { PASSWORD } from './operators.js';
import { JWT } from './tokens.js';

/** What a log-in, or what goes on from it, is answered. */
export interface LoginAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Values of the cookies that were set, by their names. */
  readonly cookies: Readonly<Record<string, string>>;
}

export const SESSION = '__Host-holdfast-session';
export const REFRESH = '__Host-holdfast-refresh';
export const BROWSER = '__Host-holdfast-browser';

/** Variables of a service behind a load balancer whose operators, those of the file, log in. */
export const withOperators = (file: string) => ({
  APP_PERSISTENCE_PROFILE: 'LOCAL',
  ...JWT,
  OPS_ACCESS: 'token',
  TRUSTED_PROXIES: '127.0.0.0/8',
  ADMIN_CREDENTIALS_PATH: file,
});

/** The status of an answer and its reason code, null where it has none. */
export const coded = ({ status, body }: LoginAnswer) => [status, body.code ?? null];

let clients = 0;

/** An address that nobody has had before. */
export function newAddress(): string {
  clients += 1;
  return `198.18.${Math.trunc(clients / 250)}.${clients % 250}`;
}

/** One request, as a load balancer passes it on. */
export async function request(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>> = {},
  body?: object,
): Promise<LoginAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      'x-forwarded-for': newAddress(),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const cookies = response.headers.getSetCookie().map((each) => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
    return [name, value] as const;
  });
  return {
    ...{ status: response.status, headers: response.headers, text },
    body: text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>),
    cookies: Object.fromEntries(cookies),
  };
}

export function logIn(
  url: string,
  username: string,
  password = PASSWORD,
  headers: Readonly<Record<string, string>> = {},
): Promise<LoginAnswer> {
  return request(`${url}/api/login`, 'POST', headers, { username, password });
}

/** What a browser sends of the cookies that it was given. */
export function cookie(
  { cookies }: Pick<LoginAnswer, 'cookies'>,
  ...names: readonly string[]
): Readonly<Record<string, string>> {
  return { cookie: names.map((name) => `${name}=${cookies[name]}`).join('; ') };
}

export function refresh(url: string, from: Pick<LoginAnswer, 'cookies'>): Promise<LoginAnswer> {
  return request(`${url}/api/login/refresh`, 'POST', cookie(from, REFRESH));
}
