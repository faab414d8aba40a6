import type { Command } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { catalogue } from '@holdfast/core/reasons';
import { commandsFor } from '@holdfast/nest/status/commands';
import { createProgram } from '../../src/commands/program.js';
import '../../src/reasons.js';

const codes = [...catalogue.keys()];
const typed = [...new Set(codes.flatMap((code) => commandsFor(code)))];

/** The command that words lead to, and the words that are left. */
function found(words: readonly string[]): {
  readonly command: Command;
  readonly rest: readonly string[];
} {
  let command = createProgram();
  let rest = words;
  for (;;) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (!next) return { command, rest };
    command = next;
    rest = rest.slice(1);
  }
}

describe('what the status page says to type', () => {
  it.each(typed.filter((text) => !text.startsWith('holdfast explain ')))(
    '%s is a command of this build',
    (text) => {
      const [program, ...words] = text.split(' ');
      const { command, rest } = found(words);
      expect(program).toBe('holdfast');
      expect(command.commands).toHaveLength(0);
      for (const option of rest) expect(command.options.map(({ long }) => long)).toContain(option);
    },
  );

  it('ends for each code with what explains it', () => {
    for (const code of codes) expect(commandsFor(code).at(-1)).toBe(`holdfast explain ${code}`);
    expect(commandsFor('MIGRATION_CHECKSUM_MISMATCH:dpm:0001').at(-1)).toBe(
      'holdfast explain MIGRATION_CHECKSUM_MISMATCH',
    );
    expect(typed).toContain('holdfast migrate up');
  });
});
