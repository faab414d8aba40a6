import type { Secret } from '@holdfast/core/secret';

export interface HttpAnswer {
  readonly status: number;
  /** No more of the body than was asked for. */
  readonly text: string;
}

interface Bounds {
  readonly limitMs: number;
  readonly mostCharacters: number;
}

/** There is no answer; the message says why, without what stands in the URL. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(
    message: string,
    readonly isLate: boolean,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * One GET, its body and all, within the limit.
 * @param token of a caller, where one is asked for
 * @throws NoAnswer
 */
export async function httpGet(
  url: URL,
  { limitMs, mostCharacters }: Bounds,
  token?: Secret,
): Promise<HttpAnswer> {
  try {
    const answer = await fetch(url, {
      headers: {
        connection: 'close',
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    });
    return { status: answer.status, text: await textOf(answer, mostCharacters) };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const why = isLate
      ? `no answer within ${limitMs} ms`
      : `the connection fails: ${failureOf(error)}`;
    throw new NoAnswer(why, isLate, error);
  }
}

async function textOf(answer: Response, mostCharacters: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > mostCharacters) break;
  }
  return text;
}

/** Node's code of what went wrong with a connection, or where it has none its words: `bad port`, of one that fetch refuses. */
function failureOf(error: unknown): string {
  const { cause = error } = error as Error;
  const { code, message } = Object(cause) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  return String(code ?? message);
}
