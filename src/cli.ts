import { CommanderError } from 'commander';
import { createProgram } from './commands/program.js';
import { EXIT } from '@holdfast/core/reasons';

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  });
