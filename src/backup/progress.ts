/** What is told of a step while it goes on. */
export interface Progress {
  /**
   * @param what is done, in words, with what
   * @param total bytes, where that is known
   */
  readonly begin: (what: string, total?: number) => Step;
  /** Tells something that is not the end of the command. @param text of whole lines */
  readonly told: (event: string, text: string) => void;
}

export interface Step {
  readonly bytes: (done: number) => void;
  readonly end: () => void;
}

const EVERY_MS = 2000;
const MEGABYTE = 1e6;

/** On stderr: a line every two seconds, and one at the end; events under `--json`. */
export function stderrProgress(json: boolean): Progress {
  return {
    told: (event, text) => {
      const message = text.trim();
      process.stderr.write(json ? `${JSON.stringify({ event, message })}\n` : text);
    },
    begin: (what, total) => {
      const began = performance.now();
      let told = began;
      let done = 0;
      const tell = (event: string) => {
        const seconds = (performance.now() - began) / 1000;
        process.stderr.write(
          json
            ? `${JSON.stringify({ event, step: what, bytes: done, ...(total !== undefined && { total }), seconds: Number(seconds.toFixed(1)) })}\n`
            : `${what}: ${[`${megabytes(done)} MB`, ...rateOf(done, total, seconds)].join(', ')}\n`,
        );
      };
      return {
        bytes: (now) => {
          done = now;
          if (performance.now() - told < EVERY_MS) return;
          told = performance.now();
          tell('backup.progress');
        },
        end: () => {
          tell('backup.step_done');
        },
      };
    },
  };
}

function rateOf(done: number, total: number | undefined, seconds: number): readonly string[] {
  const rate = seconds > 0 ? done / seconds : 0;
  const said = [`${seconds.toFixed(1)} s`, `${megabytes(rate)} MB/s`];
  if (total === undefined || rate === 0 || done >= total) return said;
  return [...said, `about ${Math.ceil((total - done) / rate)} s left`];
}

function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(1);
}
