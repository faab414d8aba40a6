import type { StartChange } from './start.js';
import type { SinceStart } from './start-record.js';
import type { Status } from './status.js';

/** What the page and the terminal say first. */
export function verdictOf({ status, draining }: Pick<Status, 'status' | 'draining'>): string {
  if (draining) return 'Is being stopped';
  if (status === 'fail') return 'Cannot serve';
  return status === 'ok' ? 'Can serve' : 'Can serve, degraded';
}

/** `2026-11-29 03:12:05 UTC` */
export function timeText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** `3 h 5 min`, `4 min`, `12 s`: as coarse as people say it. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** From one instant to another. */
export function between(from: string, to: string): string {
  return durationText(Date.parse(to) - Date.parse(from));
}

/** `once`, `48 times` */
export function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** Why there is nothing to compare with. */
export const UNCOMPARED: Readonly<Record<Extract<SinceStart, { known: false }>['why'], string>> = {
  no_redis: 'Not known: starts are kept in Redis, and REDIS_URL is not set.',
  not_yet: 'Not known yet: Redis has not answered, or the process has just started.',
  first: 'Nothing: Redis has kept no start that was another one.',
};

/** `version 0.1.0 to 0.2.0`, `setting DB_POOL_SIZE` */
export function changeText({ what, name, before, after }: StartChange): string {
  if (what === 'setting') return `setting ${name ?? ''}`;
  const subject = name === null ? what : `${what} of ${name}`;
  return `${subject}: ${shortened(what, before)} to ${shortened(what, after)}`;
}

function shortened(what: StartChange['what'], text: string | null): string {
  return what === 'commit' ? (text ?? 'none').slice(0, 7) : (text ?? 'none');
}
