import { ProviderAnswerFault } from '../http/provider-failure.js';

/** What comes before an image: words of the model. */
const MOST_TEXT = 1 << 20;

/**
 * Where an image begins. In a text of the model each quotation mark has a backslash before it, so that none can look
 * like this.
 */
const BEGINS = /"inline_?data"\s*:\s*\{\s*(?:"mime_?type"\s*:\s*"[^"\\]*"\s*,\s*)?"data"\s*:\s*"/i;

/** All that may be of it, at the end of what has come in so far. */
const LONGEST_BEGINNING = 1024;

/** What an answer has: an image, as it comes in, or only texts. */
export type Answered = { readonly image: AsyncGenerator<Buffer> } | { readonly text: string };

/**
 * Reads an answer up to its first image, which may be many megabytes of base64: neither it nor its JSON is ever
 * whole in memory.
 * @throws ProviderAnswerFault, what `content` throws
 */
export async function firstImage(content: AsyncGenerator<Buffer>): Promise<Answered> {
  let text = '';
  for (;;) {
    const next = await content.next();
    if (next.done) return { text };
    const from = Math.max(0, text.length - LONGEST_BEGINNING);
    // All that is looked for is of ASCII; what is not is words of the model.
    text += next.value.toString('latin1');
    const found = BEGINS.exec(text.slice(from));
    if (found) return { image: decoded(text.slice(from + found.index + found[0].length), content) };
    if (text.length > MOST_TEXT) throw new ProviderAnswerFault('its answer is too long');
  }
}

/** From base64, to the quotation mark at its end. */
async function* decoded(first: string, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let pending = '';
  try {
    for (let text: string | undefined = first; text !== undefined;) {
      const end = text.indexOf('"');
      // JSON may write a slash with a backslash before it.
      pending += (end === -1 ? text : text.slice(0, end)).replaceAll('\\', '');
      if (!/^[A-Za-z0-9+/_=-]*$/.test(pending))
        throw new ProviderAnswerFault('its image is no base64', true);
      const usable = end === -1 ? pending.length - (pending.length % 4) : pending.length;
      if (usable > 0) yield Buffer.from(pending.slice(0, usable), 'base64');
      pending = pending.slice(usable);
      if (end !== -1) return;
      const next: IteratorResult<Buffer, unknown> = await rest.next();
      text = next.done ? undefined : next.value.toString('latin1');
    }
    throw new ProviderAnswerFault('its answer breaks off', true);
  } finally {
    await rest.return(undefined);
  }
}
