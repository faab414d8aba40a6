import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

describe('examples/orders/README.md', () => {
  const lines = (file: string) => readFileSync(join('examples/orders', file), 'utf8').split('\n');
  const readme = lines('README.md');
  const diff = readme.slice(readme.indexOf('```diff') + 1);
  const shown = diff.slice(0, diff.indexOf('```'));

  it('shows no more than ten new lines, all of them as they are', () => {
    const added = shown.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
    const removed = shown.filter((line) => line.startsWith('-')).map((line) => line.slice(1));
    const after = ['main.ts', 'orders.module.ts', 'service.ts'].flatMap((file) =>
      lines(`src/${file}`),
    );
    const before = ['main.ts', 'orders.module.ts'].flatMap((file) => lines(`before/${file}`));
    const isText = (line: string) => line !== '';
    expect(added.filter(isText)).toEqual(
      after.filter((line) => isText(line) && !before.includes(line)),
    );
    expect(removed.filter(isText)).toEqual(
      before.filter((line) => isText(line) && !after.includes(line)),
    );
    expect(added.filter(isText).length).toBeLessThanOrEqual(10);
  });
});
