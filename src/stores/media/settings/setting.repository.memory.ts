import { Injectable } from '@nestjs/common';
import type { KeptAnswer } from '../../kept-answers.js';
import { MemoryKeptAnswers } from '../../kept-answers.memory.js';
import { MediaMemory } from '../media.memory.js';
import {
  byKey,
  type Setting,
  type SettingChange,
  SettingRepository,
} from './setting.repository.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemorySettingRepository extends SettingRepository {
  constructor(
    private readonly memory: MediaMemory,
    private readonly answers: MemoryKeptAnswers,
  ) {
    super();
  }

  async all(): Promise<readonly Setting[]> {
    await Promise.resolve();
    return [...this.memory.settings.values()].map((setting) => ({ ...setting })).toSorted(byKey);
  }

  async makeFirst(settings: readonly Setting[]): Promise<void> {
    await Promise.resolve();
    for (const setting of settings) {
      if (!this.memory.settings.has(setting.key))
        this.memory.settings.set(setting.key, { ...setting });
    }
  }

  async replace(changes: readonly SettingChange[], answer?: KeptAnswer): Promise<boolean> {
    await Promise.resolve();
    const { settings } = this.memory;
    const isCurrent = changes.every(
      ({ setting, versionBefore }) =>
        (settings.get(setting.key)?.version ?? null) === versionBefore,
    );
    if (!isCurrent) return false;
    this.answers.refuseTaken(answer);
    this.answers.set(answer);
    for (const { setting } of changes) settings.set(setting.key, { ...setting });
    return true;
  }
}
