import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '@holdfast/core/secret';
import { type Evidence, Masked } from '../../../src/proof/masked.js';
import type { Findings, Step } from '../../../src/proof/pack.js';
import { writeMasked } from '../../../src/proof/write-masked.js';

const masking = (...secrets: readonly string[]) =>
  Masked.masker(secrets.map((secret) => new Secret(secret)));

const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'percent-encoded': encodeURIComponent,
  'percent-encoded in small letters': (secret) => encodeURIComponent(secret).toLowerCase(),
  'in a form': (secret) => new URLSearchParams([['p', secret]]).toString().slice(2),
  'in JSON': (secret) => JSON.stringify(secret).slice(1, -1),
  'in JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  'in base64': (secret) => Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  'in base64url': (secret) => Buffer.from(secret).toString('base64url'),
  'in hexadecimal': (secret) => Buffer.from(secret).toString('hex'),
};

/** Long enough, and unlike anything that is around it. */
const secrets = fc
  .string({ minLength: 8, maxLength: 40, unit: 'grapheme' })
  .filter((text) => text.trim().length >= 8 && text.isWellFormed());

describe('a secret of the configuration', () => {
  it.each(Object.entries(FORMS))('is masked %s', (_, form) => {
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
        const text = String(masking(secret)(`${before} ${form(secret)} ${after}`));
        expect(text).toContain('***');
        if (!`${before} *** ${after}`.includes(form(secret)))
          expect(text).not.toContain(form(secret));
      }),
    );
  });

  it('is masked as a whole where another one is part of it', () => {
    expect(String(masking('blue', 'bluebird')('a bluebird, blue'))).toBe('a ***, ***');
  });

  it('of three letters is masked where a URL or an assignment shows it', () => {
    const mask = masking('abc');
    expect(String(mask('postgresql://app:abc@db/abc password=abc'))).toBe(
      'postgresql://app:***@db/abc password=***',
    );
  });
});

it.each([
  ['redis://:p%40ss@cache:6379/0', 'redis://:***@cache:6379/0'],
  ['postgresql://app:raw#pass@db:5432/x', 'postgresql://app:***@db:5432/x'],
  ['{"password":"hunter2","a":1}', '{"password":"***","a":1}'],
  ['Authorization: Bearer abcdefgh12345', 'Authorization: Bearer ***'],
  ['api_key = k1; token: t2', 'api_key = ***; token: ***'],
  ['postgresql://app@db:5432/x', 'postgresql://app@db:5432/x'],
  ['12:30:00@noon SECRET_GIVEN_TWICE', '12:30:00@noon SECRET_GIVEN_TWICE'],
])('%s is masked though nobody listed it', (text, masked) => {
  expect(String(masking()(text))).toBe(masked);
});

describe('what is written', () => {
  it('is cut behind the masking, so that no half of a secret is left', () => {
    const cut = masking('bluebird-song')(`12345 bluebird-song and more`).cut(8);
    expect(String(cut)).toBe('12345 **\n… 10 more characters');
  });

  it('cannot end its block of Markdown, nor its cell', () => {
    const mask = masking();
    expect(String(mask('a\n```\n# no heading').inBlock())).toBe(
      '````text\na\n```\n# no heading\n````',
    );
    expect(String(mask('a | b\n<i>`c`').inCell())).toBe('a \\| b \\<i\\>\\`c\\`');
  });

  it('is masked, or does not compile', () => {
    const text = 'a text'.trim();
    // @ts-expect-error a text is no evidence
    const plain: Evidence = text;
    // @ts-expect-error nor is one anywhere in it
    const nested: Evidence = { steps: [{ output: text }] };
    // @ts-expect-error a pack has no place for one
    const step: Pick<Step, 'output'> = { output: text };
    // @ts-expect-error not even for the name of the environment
    const findings: Pick<Findings, 'environment'> = { environment: text };
    // @ts-expect-error the renderer puts none in
    const rendered = () => Masked.text`it says ${text}`;
    // @ts-expect-error nobody makes one without a masker
    const forged = (): unknown => new Masked(text);
    // @ts-expect-error nor something that looks like one
    const lookalike: Masked = { toString: () => text, toJSON: () => text };
    // @ts-expect-error the writer takes nothing else
    const written = () => writeMasked('/nowhere', 'proof.md', text);
    const all = [plain, nested, step, findings, rendered, forged, lookalike, written];
    expect(all).toHaveLength(8);
  });
});
