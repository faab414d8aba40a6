import { EXIT, reasonFor } from '@holdfast/core/reasons';
import '../reasons.js';

/** As shells count what SIGPIPE ends, which Node ignores. */
const ENDED_BY_CLOSED_PIPE = 141;

/**
 * Ends a command once nobody reads what it prints any more, as where `head` has seen enough: nothing goes on in the
 * dark. What stops in order at SIGTERM does so; else the process ends with 141 at once, and what it has not
 * committed is rolled back. A command that has done its work by then ends with its own exit code.
 * Where the output cannot be written for another reason, such as a full disk, the command fails: OUTPUT_NOT_WRITTEN.
 */
export function endWithOutput(): void {
  let isEnding = false;
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (isEnding) return;
      isEnding = true;
      // What has come to its end says so in this turn.
      setImmediate(() => {
        const isDone = process.exitCode !== undefined;
        if (code !== 'EPIPE') tell(code);
        if (!isDone) stop(code === 'EPIPE' ? ENDED_BY_CLOSED_PIPE : EXIT.failed);
        else if (code !== 'EPIPE') process.exit(EXIT.failed);
      });
    });
}

function stop(exitCode: number): void {
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
  else process.exit(exitCode);
}

/** On stderr, where the other output may have gone to. */
function tell(code: string): void {
  const name = 'OUTPUT_NOT_WRITTEN';
  const { meaning, fix } = reasonFor(name);
  process.stderr.write(`${name}\n  ${meaning.replace(/\.$/, '')} (${code}).\n  ${fix}\n`);
}
