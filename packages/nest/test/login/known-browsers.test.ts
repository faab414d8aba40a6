import { describe, expect, it, jest } from '@jest/globals';
import { DerivedKey } from '../../src/login/derived-key.js';
import { KNOWN_SECONDS, KnownBrowsers } from '../../src/login/known-browsers.js';

const browsers = new KnownBrowsers(new DerivedKey('secret', 'browsers'));

describe('the mark of a browser', () => {
  it('is good for the name that it was made for, until its time is over', () => {
    const mark = browsers.mark('ada');
    expect(browsers.idOf(mark, 'ada')).toBe(mark.slice(0, 16));
    expect(browsers.idOf(mark, 'bob')).toBeUndefined();
    const later = Date.now() + KNOWN_SECONDS * 1000 + 1000;
    const now = jest.spyOn(Date, 'now').mockReturnValue(later);
    expect(browsers.idOf(mark, 'ada')).toBeUndefined();
    now.mockRestore();
  });

  it('cannot be made, nor made to last longer', () => {
    const [id = '', until = '', signature = ''] = browsers.mark('ada').split('.');
    const others = new KnownBrowsers(new DerivedKey('secret', 'csrf')).mark('ada');
    for (const mark of [
      undefined,
      '',
      'ada',
      others,
      `${id}.${Number(until) + 1}.${signature}`,
      `${id.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}.${until}.${signature}`,
    ]) {
      expect(browsers.idOf(mark, 'ada')).toBeUndefined();
    }
  });
});
