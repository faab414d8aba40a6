import { symlinkSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { rspack } from '@rspack/core';
import configuration from '../../rspack.config.mjs';
import { root } from './bench.mjs';

const NOTHING = join(root, 'bench/baselines/unobserved.mjs');
/** Modules that measure or trace, as they are imported. */
const OBSERVING = [
  /^@holdfast\/core\/(duration-histogram|tracing|shared-span)$/,
  /\/(request-metrics|request-trace)\.js$/,
];

/**
 * Builds the service as `npm run build` does, but without what counts, times and traces.
 * @param {string} folder a new one
 * @returns {Promise<string>} its entry
 */
export async function buildUnobserved(folder) {
  const { output, plugins = [] } = configuration;
  const compiler = rspack({
    ...configuration,
    entry: { service: './src/main.ts' },
    output: { ...output, path: join(folder, 'dist') },
    plugins: [
      ...plugins,
      ...OBSERVING.map((pattern) => new rspack.NormalModuleReplacementPlugin(pattern, NOTHING)),
    ],
  });
  await new Promise((resolve, reject) => {
    compiler.run((fault, result) => {
      if (fault) reject(fault);
      else if (result?.hasErrors()) reject(new Error(result.toString('errors-only')));
      else resolve(result);
    });
  });
  for (const part of ['migrations', 'package.json']) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist/main.js');
}
