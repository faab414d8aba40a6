import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { mediaVariables } from './media.variables.js';

/** PUBLIC_MEDIA_BASE_URL without a slash at its end; empty where it is not given. */
export function publicBaseUrl(settings: Settings): string {
  const { PUBLIC_MEDIA_BASE_URL: url = '' } = valuesOf(settings, mediaVariables);
  return url.replace(/\/+$/, '');
}
