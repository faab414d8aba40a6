import { ReasonError } from '../reasons.js';

/** More than the longest password takes. */
const MOST_BYTES = 8192;

/** What a terminal sends for keys, and for the end of input. */
const ENTER = ['\r', '\n', '\u0004'];
const INTERRUPT = '\u0003';
const BACKSPACE = ['\b', '\u007f'];

/**
 * A password from a terminal, which shows nothing of it, asked for twice; else all that stands on stdin, without one
 * newline at its end.
 * @throws USAGE
 */
export async function readPassword(prompt: string): Promise<string> {
  if (!process.stdin.isTTY) return onStdin();
  const password = await typed(prompt);
  if ((await typed('Again: ')) === password) return password;
  throw new ReasonError('USAGE', { detail: 'the two are not the same' });
}

async function onStdin(): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    parts.push(part as Buffer);
    size += (part as Buffer).length;
    if (size > MOST_BYTES) throw new ReasonError('USAGE', { detail: 'stdin holds no password' });
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** @throws USAGE where it is broken off */
async function typed(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let text = '';
      const read = (chunk: string) => {
        for (const key of chunk) {
          if (key === INTERRUPT) {
            stdin.off('data', read);
            reject(new ReasonError('USAGE', { detail: 'broken off' }));
          } else if (ENTER.includes(key)) {
            stdin.off('data', read);
            resolve(text);
          } else if (BACKSPACE.includes(key)) text = text.replace(/.$/su, '');
          else if (text.length < MOST_BYTES) text += key;
        }
      };
      stdin.on('data', read);
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
