import { describe, expect, it } from '@jest/globals';
import { Html, html } from '../../src/http/html.js';

const HOSTILE = `</p><script>alert("1" & '2')</script>`;
const ESCAPED = '&#60;/p&#62;&#60;script&#62;alert(&#34;1&#34; &#38; &#39;2&#39;)&#60;/script&#62;';

describe('html', () => {
  it('escapes every text, in markup and in attributes', () => {
    expect(html`<p title="${HOSTILE}">${HOSTILE}</p>`.text).toBe(
      `<p title="${ESCAPED}">${ESCAPED}</p>`,
    );
  });

  it('leaves markup of another template as it is, alone and in lists', () => {
    const item = (text: string) => html`<i>${text}</i>`;
    expect(html`<b>${['a', '<b>'].map(item)}</b>`.text).toBe('<b><i>a</i><i>&#60;b&#62;</i></b>');
    expect(html`<b>${[[HOSTILE]]}</b>`.text).toBe(`<b>${ESCAPED}</b>`);
  });

  it('writes nothing for what is not there, and numbers as they are', () => {
    expect(html`${undefined}${null}${false}${0}${-1.5}`.text).toBe('0-1.5');
  });

  it('takes no object of a client for markup', () => {
    const claimed = { text: HOSTILE, toString: () => HOSTILE } as unknown as string;
    expect(() => html`${claimed}`).toThrow(TypeError);
    expect(html`${new Html('<b>')}`.text).toBe('<b>');
  });
});
