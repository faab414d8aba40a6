import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import rules, { LAYERS } from '../../.dependency-cruiser.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The packages from the bottom up, each with those that it uses, and how many circles of files there are.
 * Files that are needed for their types alone make none.
 * @returns {Promise<{ text: string, circles: number }>}
 */
export async function packageGraph() {
  const { output } = await cruise(
    ['src', 'packages'],
    { ...rules.options, baseDir: root, ruleSet: { forbidden: rules.forbidden }, validate: true },
    undefined,
    { tsConfig: extractTSConfig(`${root}/tsconfig.json`) },
  );
  const used = new Map([...LAYERS, 'src'].map((name) => [name, new Set()]));
  for (const { source, dependencies } of output.modules) {
    const from = packageOf(source);
    for (const { resolved } of dependencies) {
      const to = packageOf(resolved);
      if (from && to && from !== to) used.get(from).add(to);
    }
  }
  const circles = output.summary.violations.filter(({ rule }) => rule.name === 'no-circle').length;
  const width = Math.max(...LAYERS.map((name) => name.length));
  const lines = [...used].map(([name, others]) => {
    const below = LAYERS.filter((each) => others.has(each)).join(', ');
    return `${name.padEnd(width)}${below ? ` → ${below}` : ''}`;
  });
  return { text: `${[...lines, `circles: ${circles}`].join('\n')}\n`, circles };
}

/** Tests are no part of a package. */
function packageOf(path) {
  const [, name] = /^(?:packages\/([^/]+)\/src|src)\//.exec(path) ?? [];
  return name ?? (path.startsWith('src/') ? 'src' : undefined);
}
