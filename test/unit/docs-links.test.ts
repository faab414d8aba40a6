import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const FOLDERS = ['docs', 'packages', 'examples', 'deploy'];
const LEFT_OUT = /(^|\/)(node_modules|dist)(\/|$)/;

const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !LEFT_OUT.test(name))
      .map((name) => join(folder, name)),
  ),
];

/** What a page says, without what stands in blocks of code. */
const textOf = (page: string) => readFileSync(page, 'utf8').replaceAll(/^```.*?^```/gms, '');

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Targets of links that lead to files of this repository. */
function linksOf(page: string): readonly string[] {
  const text = textOf(page).replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** Why a link leads nowhere; undefined where it leads somewhere. */
function fault(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? page : relative('.', resolve(dirname(page), path));
  if (!existsSync(file)) return `${target}: no such file`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${target}: no such heading`;
}

describe('every link leads to a file, and to a heading of it', () => {
  it.each(pages)('%s', (page) => {
    expect(linksOf(page).flatMap((target) => fault(page, target) ?? [])).toEqual([]);
  });
});

it('every page of docs can be reached from docs/README.md', () => {
  const linked = linksOf('docs/README.md').map((target) => target.split('#', 1)[0]);
  const missing = readdirSync('docs').filter(
    (name) => name.endsWith('.md') && name !== 'README.md' && !linked.includes(name),
  );
  expect(missing).toEqual([]);
});
