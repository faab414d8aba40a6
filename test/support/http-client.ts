import { expect } from '@jest/globals';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** Codes whose problem lists what is wrong, part by part. */
const WITH_ERRORS = ['VALIDATION_FAILED', 'POLICY_PACK_TARGET_TAKEN'];

const JSON_TYPE = 'application/json; charset=utf-8';

/** What no answer to a faulty request may hold. */
const LEAKS =
  /node_modules|\bat \S+ \(|\.[jt]s:\d|SELECT |INSERT |UPDATE |DELETE |BEGIN|dpm_[a-z]|SQLITE|QueryFailed|TypeError|SyntaxError|postgres|S3NTINEL/;

/** Speaks to one process; every refusal has to be a problem document that gives nothing away. */
export class HttpClient {
  constructor(private readonly url: string) {}

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  /** @param body sent as it is when it is a text, else as JSON */
  post(path: string, body?: unknown): Promise<Answer> {
    return this.send('POST', path, typeof body === 'string' ? body : JSON.stringify(body));
  }

  async send(
    method: string,
    path: string,
    body?: string,
    given: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await fetchAgainIfClosed(this.url + path, {
      method,
      headers: { ...given, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
    const { status, headers } = response;
    const answer = { status, headers, text: await response.text() };
    expect(status).toBeLessThan(500);
    expect(headers.get('x-correlation-id')).toMatch(/^[\w.:@/+=-]{1,128}$/);
    if (status >= 400) expectProblemShape(answer, path);
    else expect(headers.get('content-type')).toBe(status === 204 ? null : JSON_TYPE);
    return answer;
  }
}

export function bodyOf(answer: Answer, status: number): unknown {
  expect([answer.status, answer.text]).toEqual([status, answer.text]);
  return JSON.parse(answer.text);
}

export function expectProblem(answer: Answer, status: number, code: string): Problem {
  const problem = JSON.parse(answer.text) as Problem;
  expect([answer.status, problem.code]).toEqual([status, code]);
  return problem;
}

function expectProblemShape({ status, headers, text }: Answer, path: string): void {
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const { errors, ...problem } = JSON.parse(text) as Problem;
  expect(problem).toEqual({
    type: `urn:holdfast:reason:${problem.code}`,
    title: expect.stringMatching(/\.$/),
    status,
    detail: expect.stringMatching(/./),
    instance: path.split('?', 1)[0],
    code: problem.code,
    correlation_id: headers.get('x-correlation-id'),
  });
  expect(errors !== undefined).toBe(WITH_ERRORS.includes(problem.code));
  for (const error of errors ?? []) {
    expect(error).toEqual({ path: expect.any(String), message: expect.stringMatching(/./) });
  }
  expect(text).not.toMatch(LEAKS);
}

/** A kept-alive connection that the server closes just then is no answer: the request is sent again. */
export async function fetchAgainIfClosed(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (code === undefined || !['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(code))
      throw error;
    return fetch(url, init);
  }
}
