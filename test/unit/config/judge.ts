import { judgeEnvironment } from '@holdfast/guard/validation-schema';
import type { Settings, SettingsVerdict } from '@holdfast/guard/settings';
import type { Violation } from '@holdfast/guard/violation';
import { service as holdfast } from '../../../src/service.js';
import { advisoryStore } from '../../../src/stores/advisory/advisory.store.js';
import { dpmStore } from '../../../src/stores/dpm/dpm.store.js';
import { policyPacksStore } from '../../../src/stores/policy-packs/policy-packs.store.js';
import { WITHOUT_CALLERS } from '../../support/without-callers.js';

/** With the stores that the cases name and no other: what they refuse for is all listed. */
export const service = { ...holdfast, stores: [dpmStore, advisoryStore, policyPacksStore] };

export type Texts = Readonly<Record<string, string>>;

export function without(environment: Texts, ...names: readonly string[]): Texts {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

/** The guard on the given variables and files, without a real environment or disk; callers prove nothing. */
export function judge(environment: Texts, files: Texts = {}): SettingsVerdict {
  const readFile = (path: string): string => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  };
  return judgeEnvironment({ ...WITHOUT_CALLERS, ...environment }, service, readFile).verdict;
}

export function violationsOf(environment: Texts, files: Texts = {}): readonly Violation[] {
  const verdict = judge(environment, files);
  return 'violations' in verdict ? verdict.violations : [];
}

/** Each violation as `CODE VARIABLE`, in order. */
export function faultsOf(environment: Texts, files: Texts = {}): readonly string[] {
  return violationsOf(environment, files).map(({ code, variable }) => `${code} ${variable}`);
}

export function settingsOf(environment: Texts, files: Texts = {}): Settings {
  const verdict = judge(environment, files);
  if ('settings' in verdict) return verdict.settings;
  throw new Error(`refused: ${verdict.violations.map(({ code }) => code).join(', ')}`);
}
