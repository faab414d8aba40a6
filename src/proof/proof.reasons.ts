import { EXIT, configuration, defineReasons } from '@holdfast/core/reasons';
import '@holdfast/nest/reasons';

/** What a proof can lack. */
export const reasons = defineReasons({
  PROOF_MISSING: configuration(
    'The start requires a proof pack, and there is none in the file that REQUIRE_PROOF names.',
    'Make one with `holdfast proof --url URL --out DIR`, name its proof.json, and check that the process may read it.',
  ),
  PROOF_EXPIRED: configuration(
    'The proof pack has expired.',
    'Make a new one with `holdfast proof`; --valid-for says for how many minutes.',
  ),
  PROOF_MISMATCH: configuration(
    'The proof pack is not one of this build with this configuration and these databases, or it has been changed.',
    'Make a new one with this build, in this environment; `holdfast proof verify FILE` names each difference.',
  ),
  PROOF_NO_GO: configuration(
    'The proof pack says no-go.',
    'See which step of it is no-go, put that right, and make a new one.',
  ),
  PROOF_STEP_TIMEOUT: {
    meaning: 'What a step of a proof asked or ran did not answer or end in time.',
    fix: 'Look whether the service at --url, its databases and Redis answer; try the command of the step by itself.',
    exit: EXIT.failed,
  },
  PROOF_OTHER_DATABASE: {
    meaning:
      'The service that is to be proved is on another database than this configuration leads to.',
    fix: 'Compare the connection strings of the service and of this process, and what their names lead to; run `holdfast proof` with the configuration of the service.',
    exit: EXIT.failed,
  },
  PROOF_SERVICE_UNREACHABLE: {
    meaning: 'The service that is to be proved cannot be reached.',
    fix: 'Check --url, that the service has started, and the network between.',
    exit: EXIT.failed,
  },
  PROOF_NOT_WRITTEN: {
    meaning: 'The proof pack cannot be written.',
    fix: 'Check the folder that --out names, the rights on it and the free space.',
    exit: EXIT.failed,
  },
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
