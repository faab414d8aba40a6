import { Inject, Injectable } from '@nestjs/common';
import { currentRequest } from '@holdfast/core/served-request';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { mediaVariables } from '../media.variables.js';
import { SettingRepository } from './setting.repository.js';
import { SettingsView } from './settings-view.js';

/** Milliseconds for which a look at the database holds: what is changed holds everywhere within a second. */
const FRESH_MS = 1000;

/** The settings of the last second: one look at the database serves all requests. */
@Injectable()
export class SettingsCache {
  #last: { readonly at: number; readonly view: Promise<SettingsView> } | undefined;

  constructor(
    private readonly settings: SettingRepository,
    @Inject(SETTINGS) private readonly process: Settings,
  ) {}

  /** As of a second ago, at most. */
  view(): Promise<SettingsView> {
    const now = performance.now();
    if (this.#last && now - this.#last.at < FRESH_MS) return this.#last.view;
    // Of no request: whoever asked first may leave, and others wait for the same.
    const view = currentRequest.run(undefined, () => this.read());
    const last = { at: now, view };
    this.#last = last;
    view.catch(() => {
      if (this.#last === last) this.#last = undefined;
    });
    return view;
  }

  /** As of now. */
  async read(): Promise<SettingsView> {
    const values = valuesOf(this.process, mediaVariables);
    return new SettingsView(await this.settings.all(), {
      syncResponseSeconds: values.T_SYNC_RESPONSE_SECONDS,
      resultTtlHours: values.RESULT_TTL_HOURS,
    });
  }

  /** After a change by this process. */
  forget(): void {
    this.#last = undefined;
  }
}
