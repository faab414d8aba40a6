#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT } from '@holdfast/core/reasons';
import { endWithOutput } from '@holdfast/guard/command/closed-output';
import { createProgram } from './program.js';

endWithOutput();
createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  });
