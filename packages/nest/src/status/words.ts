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
