import { CommanderError } from 'commander';
import { createProgram } from './commands/program.js';
import { endWithOutput } from '@holdfast/guard/command/closed-output';
import { EXIT } from '@holdfast/core/reasons';

endWithOutput();
createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  });
