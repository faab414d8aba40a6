import { createRequire } from 'node:module';
import { createInstrumenter } from '@stryker-mutator/instrumenter';
import { placeOf } from './place.mjs';

// The container that the instrumenter is built with.
const { createInjector } = await import(
  createRequire(import.meta.resolve('@stryker-mutator/instrumenter')).resolve('typed-inject')
);

/** SQL has mutants of its own; other texts and whole objects tell little. */
const EXCLUDED = ['StringLiteral', 'ObjectLiteral'];

const silent = { info() {}, debug() {}, isDebugEnabled: () => false };
const instrumenter = createInjector()
  .provideValue('logger', silent)
  .injectFunction(createInstrumenter);

/** @returns the file with a switch for every mutant, and the mutants */
export async function codeMutants(file, source) {
  const { files, mutants } = await instrumenter.instrument(
    [{ name: file, content: source, mutate: true }],
    { plugins: null, excludedMutations: EXCLUDED, ignorers: [], noHeader: false },
  );
  const lines = source.split('\n');
  const lineStarts = [0];
  for (const line of lines) lineStarts.push(lineStarts.at(-1) + line.length + 1);
  const offset = ({ line, column }) => lineStarts[line] + column;
  return {
    text: files[0].content,
    mutants: mutants
      .filter(({ status }) => status !== 'Ignored')
      .map(({ id, mutatorName, replacement, location }) => {
        const [start, end] = [offset(location.start), offset(location.end)];
        return {
          id,
          rule: mutatorName,
          from: source.slice(start, end),
          to: replacement,
          ...placeOf(file, source, start),
        };
      }),
  };
}
