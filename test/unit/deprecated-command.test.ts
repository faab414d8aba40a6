import { Command } from 'commander';
import { describe, expect, it, jest } from '@jest/globals';
import { deprecation } from '@holdfast/core/deprecation';
import { deprecateCommand, deprecatedCommands } from '../../src/commands/deprecated-command.js';
import { createProgram } from '../../src/commands/program.js';

const OLD = deprecation({
  since: '0.2.0',
  sinceDay: '2027-01-31',
  removedIn: '0.3.0',
  instead: 'holdfast media fsck',
});

describe('a command that goes away', () => {
  const run = jest.fn<() => void>();
  const program = () =>
    new Command('holdfast').addCommand(
      new Command('media')
        .addCommand(deprecateCommand(new Command('verify').description('Looks.').action(run), OLD))
        .addCommand(new Command('fsck').action(run)),
    );

  it('is listed by all its words, and says so in its help', () => {
    expect(deprecatedCommands(program())).toEqual([
      expect.objectContaining({ name: 'holdfast media verify', removed_in: '0.3.0' }),
    ]);
    const media = program().commands[0];
    expect(media?.commands[0]?.description()).toBe(
      'Looks. (deprecated since 0.2.0, removed in 0.3.0: use holdfast media fsck)',
    );
  });

  it('says so whenever it is run, on stderr, and runs', async () => {
    const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      await program().parseAsync(['media', 'fsck'], { from: 'user' });
      expect(told).not.toHaveBeenCalled();
      await program().parseAsync(['media', 'verify'], { from: 'user' });
      expect(told.mock.calls).toEqual([
        ['This command is deprecated since 0.2.0, removed in 0.3.0: use holdfast media fsck.\n'],
      ]);
      expect(run).toHaveBeenCalledTimes(2);
    } finally {
      told.mockRestore();
    }
  });

  it('is none of this program so far', () => {
    expect(deprecatedCommands(createProgram())).toEqual([]);
  });
});
