import type { Finding } from '../../verdicts/verdict.js';
import type { Claim, Probe } from './judgement.js';

/** How long one question may take: a table that is too large for it is not judged. */
const PROBE_MS = 2_000;

/** How long all questions of a plan may take. */
const PROBES_MS = 20_000;

/** How long one waits for a table that somebody keeps to himself. */
const LOCK_MS = 100;

const QUERY_CANCELED = '57014';
const LOCK_NOT_AVAILABLE = '55P03';
/**
 * SQLSTATEs of what the statement itself would meet: what is wrong with a value, and a column, an operator or a
 * conversion that is not there.
 */
const OF_STATEMENT = /^(2[23]...|42703|42804|42846|42883)$/;

type Run = (sql: string) => Promise<{ readonly rows: readonly { readonly broken?: boolean }[] }>;

/**
 * Asks the rows, in transactions that are read-only, bounded in time, and undone. They hold ACCESS SHARE
 * on a table while they read it, as every SELECT does, and wait for no other lock. Where a policy would hide rows, there is no
 * answer.
 */
export class RowProbes {
  readonly #ends = performance.now() + PROBES_MS;

  constructor(private readonly run: Run) {}

  async findingOf({ finding, probe }: Claim): Promise<Finding | undefined> {
    if (!probe) return finding;
    const left = this.#ends - performance.now();
    if (left <= 0)
      return unanswered(probe, `the ${PROBES_MS / 1000} s for all such questions are over`);
    return this.#ask(probe, Math.ceil(Math.min(PROBE_MS, left)));
  }

  async #ask(probe: Probe, milliseconds: number): Promise<Finding | undefined> {
    try {
      await this.run('BEGIN TRANSACTION READ ONLY');
      await this.run(
        `SET LOCAL statement_timeout = ${milliseconds}; SET LOCAL lock_timeout = ${LOCK_MS}; SET LOCAL row_security = off`,
      );
      const { rows } = await this.run(probe.sql);
      return rows[0]?.broken === true ? probe.finding : undefined;
    } catch (error) {
      return this.#findingOfError(probe, error, milliseconds);
    } finally {
      await this.run('ROLLBACK');
    }
  }

  /** The message of an error may tell a value; its code does not. */
  #findingOfError(probe: Probe, error: unknown, milliseconds: number): Finding {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    if (probe.mayRaise && OF_STATEMENT.test(code)) {
      return { ...probe.finding, text: `${probe.finding.text} (SQLSTATE ${code})` };
    }
    if (code === QUERY_CANCELED) return unanswered(probe, `not known within ${milliseconds} ms`);
    if (code === LOCK_NOT_AVAILABLE)
      return unanswered(probe, 'the table is locked by somebody else');
    return unanswered(probe, `the database does not say: SQLSTATE ${code}`);
  }
}

function unanswered({ question, finding, isTakenFor }: Probe, why: string): Finding {
  if (isTakenFor === true) return finding;
  const sentence = `${question.slice(0, 1).toUpperCase()}${question.slice(1)}`;
  return { verdict: 'NOT JUDGED', rule: finding.rule, text: `${sentence}: ${why}.`, fix: null };
}
