import type { Instant } from '@holdfast/core/instant';
import { type Html, html } from '@holdfast/nest/http/html';

/** Stands for what there is not. */
export const NONE = '–';

/** A moment, in UTC to the second; a dash for none. */
export function moment(instant: Instant | null): Html {
  if (instant === null) return html`${NONE}`;
  const text = instant.replace('T', ' ').replace(/\.\d+Z$/, '');
  return html`<time datetime="${instant}">${text}</time>`;
}

/** Seconds with one digit; a dash for none. */
export function seconds(milliseconds: number | null): string {
  return milliseconds === null ? NONE : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Of those that have ended; a dash where none has. */
export function percent(part: number, all: number): string {
  return all === 0 ? NONE : `${((100 * part) / all).toFixed(1)} %`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, one digit. */
export function size(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power] ?? 'B'}`;
}
