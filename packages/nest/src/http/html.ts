import { createHash } from 'node:crypto';

/** Markup that may be written into a page as it is. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** Text is escaped, markup is not, a list is one after the other, and undefined, null and false are nothing. */
export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[];

/**
 * A template of markup. What is put into it is escaped, for text and for attributes in quotes; what another such
 * template has made is not.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(markupOf)));
}

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.text;
  // What is neither text nor markup nor a list is a fault of whoever wrote the template.
  if (typeof value === 'object') return value.map(markupOf).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A stylesheet within a page, exactly as it is: the policy of the page lets it in by its hash. */
export function inlineStyle(style: string): Html {
  return new Html(`<style>${style}</style>`);
}

/** A script within a page, exactly as it is: the policy of the page lets it in by its hash. */
export function inlineScript(script: string): Html {
  return new Html(`<script>${script}</script>`);
}

/** What a policy names a style or a script within a page by. */
export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
