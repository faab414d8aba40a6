const { appendFileSync, utimesSync } = require('node:fs');
const { basename } = require('node:path');
const { TestEnvironment } = require('jest-environment-node');

const MUTANT = /^mutant (\S+)$/;
/** Times that the changed code may run: a loop that never ends is found. */
const HIT_LIMIT = 300_000;

/**
 * Turns one mutant after another on, as the blocks of a test file are named (`mutant 17`), and
 * appends a line for each to `MUTATION_RESULTS`. What is left of a block is skipped after its first
 * failure.
 */
module.exports = class MutationEnvironment extends TestEnvironment {
  #failed = false;
  #file;

  constructor(config, context) {
    super(config, context);
    this.#file = basename(context.testPath);
    const [first, ...others] = config.projectConfig.globals.mutants;
    // A single mutant is turned on before anything is loaded.
    const activeMutant = others.length > 0 ? undefined : first;
    this.global.__stryker__ = { activeMutant, hitCount: 0, hitLimit: HIT_LIMIT };
  }

  async handleTestEvent(event) {
    if (event.name === 'test_done') showLife();
    const [, mutant] = MUTANT.exec(event.describeBlock?.name ?? '') ?? [];
    if (event.name === 'run_describe_start' && mutant) this.#start(mutant);
    else if (event.name === 'run_describe_finish' && mutant) this.#finish(mutant);
    else if (event.name === 'hook_failure') this.#failed = true;
    else if (event.name === 'test_done' && event.test.errors.length > 0) this.#failed = true;
    else if (event.name === 'test_start' && this.#failed) event.test.mode = 'skip';
    else if (event.name === 'run_describe_start' && this.#failed) event.describeBlock.mode = 'skip';
  }

  #start(mutant) {
    this.#failed = false;
    const state = this.global.__stryker__;
    if (state.activeMutant !== mutant) Object.assign(state, { activeMutant: mutant, hitCount: 0 });
    this.#tell(mutant, 'started');
  }

  #finish(mutant) {
    const reached = this.global.__stryker__.hitCount > 0;
    this.#tell(mutant, this.#failed ? 'killed' : reached ? 'survived' : 'unreached');
  }

  #tell(mutant, what) {
    const line = JSON.stringify({ test: this.#file, mutant, what });
    appendFileSync(process.env.MUTATION_RESULTS, `${line}\n`);
  }
};

/** A process whose results do not change for long is blocked. */
function showLife() {
  const now = new Date();
  utimesSync(process.env.MUTATION_RESULTS, now, now);
}
