import { Inject, Injectable } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { mediaVariables } from '../media.variables.js';

/** Where the providers are; each ends in a slash, so that paths are added to it. */
@Injectable()
export class ProviderUrls {
  readonly gemini: URL;
  readonly turbotext: URL;

  constructor(@Inject(SETTINGS) settings: Settings) {
    const { GEMINI_BASE_URL, TURBOTEXT_BASE_URL } = valuesOf(settings, mediaVariables);
    this.gemini = folderUrl(GEMINI_BASE_URL ?? 'https://generativelanguage.googleapis.com');
    this.turbotext = folderUrl(TURBOTEXT_BASE_URL ?? 'https://www.turbotext.ru');
  }
}

function folderUrl(given: string): URL {
  return new URL(given.endsWith('/') ? given : `${given}/`);
}
