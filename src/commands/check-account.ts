import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import type { Checked, CheckMessage } from '@holdfast/nest/cutover/chain';
import { broken } from '@holdfast/nest/cutover/finding';

/** What the process that does the work cannot begin with. */
interface Failure {
  readonly failure: { readonly code: ReasonCode; readonly detail: string };
}

/** What has been heard of the checks so far, from the process that makes them. */
export class CheckAccount {
  #planned: readonly string[] = [];
  readonly #checked = new Map<string, Checked>();
  #failure: Failure['failure'] | undefined;

  readonly hear = (message: unknown): void => {
    const heard = message as CheckMessage | Failure;
    if ('failure' in heard) this.#failure = heard.failure;
    else if ('planned' in heard) this.#planned = heard.planned;
    else this.#checked.set(heard.checked.name, heard.checked);
  };

  /**
   * A line for each check. What was not had before the process was killed is told as such; the others stay.
   * @throws what kept the process from beginning; INTERNAL_ERROR when it failed; CHECK_TIMED_OUT when it did not begin
   */
  checked(how: 'ended' | 'killed' | 'failed'): readonly Checked[] {
    if (this.#failure) throw new ReasonError(this.#failure.code, this.#failure);
    if (how === 'failed') throw new ReasonError('INTERNAL_ERROR');
    if (this.#planned.length === 0) throw new ReasonError('CHECK_TIMED_OUT');
    const late = broken(new ReasonError('CHECK_TIMED_OUT'));
    return this.#planned.map((name) => this.#checked.get(name) ?? { name, ...late });
  }
}
