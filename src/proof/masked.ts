import { renewedPasswords } from '@holdfast/guard/renewed-password';
import type { Secret } from '@holdfast/core/secret';
import type { Digest, Signature } from './digest.js';

const MASK = '***';
/** A shorter secret is part of ordinary words; it is masked where a URL or an assignment shows it. */
const SHORTEST = 4;

/** A word that the program itself says: it comes from its source, so that no secret is in it. */
export type Word = 'go' | 'no-go' | 'PRODUCTION' | 'LOCAL' | 'holdfast-proof/1';

/** All that may be written into a proof pack: texts only as `Masked`, never as they came. */
export type Evidence =
  | Masked
  | Word
  | number
  | boolean
  | null
  | readonly Evidence[]
  | { readonly [name: string]: Evidence };

export type Mask = (text: string) => Masked;

/** A text without any secret of the configuration. Only `masker` makes one of an ordinary text. */
export class Masked {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /**
   * Masks the given secrets, and passwords that were read since, in each form in which programs print
   * them, and passwords in URLs.
   */
  static masker(secrets: readonly Secret[]): Mask {
    let newest: Secret | null | undefined = null;
    let forms: readonly string[] = [];
    return (text) => {
      const renewed = renewedPasswords();
      if (renewed.at(-1) !== newest) forms = allForms([...secrets, ...renewed]);
      newest = renewed.at(-1);
      return new Masked(
        maskPatterns(forms.reduce((masked, form) => masked.replaceAll(form, MASK), text)),
      );
    };
  }

  /** A moment as this process tells it: no secret is in it, though a short one may look like a part. */
  static time(at: Date): Masked {
    return new Masked(at.toISOString());
  }

  /** What this process has computed; the same holds for it. @throws TypeError for any other text */
  static digest(text: Digest | Signature): Masked {
    if (!/^(hmac-)?sha256:[0-9a-f]{64}$/.test(text)) throw new TypeError('no digest');
    return new Masked(text);
  }

  /** A text of this program's source with evidence in it. */
  static text(words: TemplateStringsArray, ...values: readonly (Masked | Word | number)[]): Masked {
    return new Masked(String.raw({ raw: words }, ...values.map(String)));
  }

  static join(parts: readonly Masked[], separator: ' ' | ', ' | '\n' | ''): Masked {
    return new Masked(parts.map(String).join(separator));
  }

  static json(value: Evidence): Masked {
    return new Masked(JSON.stringify(value, null, 2));
  }

  /** At most so many characters, and how many more there are. */
  cut(length: number): Masked {
    const rest = this.#text.length - length;
    return rest <= 0
      ? this
      : new Masked(`${this.#text.slice(0, length)}\n… ${rest} more characters`);
  }

  /** Inside a table of Markdown. */
  inCell(): Masked {
    return new Masked(this.#text.replace(/\s+/g, ' ').replace(/[\\`*_|<>[\]]/g, '\\$&'));
  }

  /** As a block of Markdown that nothing in it can end. */
  inBlock(): Masked {
    const longest = Math.max(2, ...(this.#text.match(/`+/g) ?? []).map((run) => run.length));
    const fence = '`'.repeat(longest + 1);
    return new Masked(`${fence}text\n${this.#text.replace(/\n*$/, '\n')}${fence}`);
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }
}

/** The longest first: one secret may be part of another. */
function allForms(secrets: readonly Secret[]): readonly string[] {
  const forms = [...new Set(secrets.flatMap((secret) => formsOf(secret.reveal())))];
  return forms.sort((one, other) => other.length - one.length);
}

function formsOf(secret: string): readonly string[] {
  if (secret.length < SHORTEST) return [];
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const inJson = JSON.stringify(secret).slice(1, -1);
  const encoded = encodeURIComponent(secret);
  return [
    secret,
    inJson,
    JSON.stringify(inJson).slice(1, -1),
    encoded,
    encoded.toLowerCase(),
    encodeURI(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    base64,
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}

/** What nobody has listed: whatever a URL or an assignment gives as a password. */
function maskPatterns(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s/"']*@/gi, `$1:${MASK}@`)
    .replace(
      /\b(password|passwd|pwd|secret|token|api_?key)(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
      `$1$2${MASK}`,
    )
    .replace(/\b(bearer|basic) [\w.~+/=-]{8,}/gi, `$1 ${MASK}`);
}
