// Bundles the service and its command program into dist/, as rspack.config.mjs says. `npm run build`
import { rspack } from '@rspack/core';
import configuration from '../rspack.config.mjs';

const started = performance.now();
rspack(configuration).run((fault, result) => {
  if (fault) throw fault;
  if (result.hasErrors()) {
    process.stderr.write(`${result.toString({ all: false, errors: true, colors: false })}\n`);
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`bundled in ${Math.round(performance.now() - started)} ms\n`);
});
