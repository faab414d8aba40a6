import { ReasonError } from '../reasons.js';

/** What is said of a statement, the worst first. `NOT JUDGED` says that something cannot be known. */
export const VERDICTS = [
  'DESTROYS',
  'WILL FAIL',
  'BREAKS OLD BUILD',
  'REWRITES',
  'LOCKS',
  'NOT JUDGED',
] as const;

export type Verdict = (typeof VERDICTS)[number];

/** One thing that is said of one statement. */
export interface Finding {
  readonly verdict: Verdict;
  /** Which rule says so, a stable name: `drop-column`. */
  readonly rule: string;
  /** What the statement does: a sentence. */
  readonly text: string;
  /** The safe way of doing it, a sentence; null where there is none. */
  readonly fix: string | null;
}

/**
 * The verdicts that `--fail-on` lists, such as `destroys,will-fail`; none without it.
 * @throws USAGE for a word that is none
 */
export function verdictsIn(list: string | undefined): ReadonlySet<Verdict> {
  if (list === undefined) return new Set();
  return new Set(
    list.split(',').map((word) => {
      const verdict = VERDICTS.find((each) => wordOf(each) === wordOf(word.trim()));
      if (verdict) return verdict;
      throw new ReasonError('USAGE', {
        detail: `--fail-on ${word} is none of ${VERDICTS.map(wordOf).join(', ')}`,
      });
    }),
  );
}

/** `will-fail`, for `WILL FAIL`. */
export function wordOf(verdict: string): string {
  return verdict.toLowerCase().replaceAll(/[ _]/g, '-');
}

/** In the order of `VERDICTS`. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (one, other) => VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict),
  );
}

/** As lines of a text, each at most `WIDTH` wide where a word allows it. */
export function findingLines({ verdict, text, fix }: Finding): readonly string[] {
  return [
    ...wrapped(`${verdict}: ${text}`),
    ...(fix === null ? [] : wrapped(`Advice: ${fix}`).map((line) => `  ${line}`)),
  ];
}

/** Of a terminal, less what stands before a line: `-- ` and an indentation. */
const WIDTH = 80 - '--     '.length;

/** Cuts a text into lines; all but the first are indented. */
export function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `  ${word}`);
  }
  return lines;
}
