import { existsSync } from 'node:fs';
import { STORES } from './registered.js';

/**
 * What each store's own file in a folder beside this one exports, in the order of the registry.
 * @param holds what such a file has to hold: whoever adds a store is told so
 */
export async function storeFiles<Exported>(
  folder: string,
  holds: string,
): Promise<readonly Exported[]> {
  const exported: Exported[] = [];
  // One after the other: Jest cannot link two imports of the same module at once.
  for (const store of STORES) {
    const file = `${folder}/${store.replaceAll('_', '-')}`;
    if (!existsSync(new URL(`./${file}.ts`, import.meta.url)))
      throw new Error(`test/support/${file}.ts is missing: it has to hold ${holds}`);
    exported.push((await import(`./${file}.js`)) as Exported);
  }
  return exported;
}
