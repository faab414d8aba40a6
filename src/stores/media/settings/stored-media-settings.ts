import { Injectable } from '@nestjs/common';
import { CurrentMediaSettings, type MediaSettings } from './media-settings.js';
import { PasswordCheck } from './password-check.js';
import { SettingsCache } from './settings-cache.js';

/** The settings as all replicas have them, at most a second later than they were changed. */
@Injectable()
export class StoredMediaSettings extends CurrentMediaSettings {
  readonly #password = new PasswordCheck();

  constructor(private readonly cache: SettingsCache) {
    super();
  }

  async current(): Promise<MediaSettings> {
    return (await this.cache.view()).current;
  }

  /** @throws INGEST_BUSY where too many passwords that are not known are being hashed */
  async isIngestPassword(password: string): Promise<boolean> {
    const { passwordHash } = await this.cache.view();
    return passwordHash !== undefined && this.#password.fits(password, passwordHash);
  }
}
