/** RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export type Instant = string;

/** RFC 3339 in UTC with microseconds: what a filter may ask for. */
export type FineInstant = string;

/** A time column as a driver gives it: an `Instant` or a `Date` from PostgreSQL, text in microseconds from SQLite. */
export type TimeColumn = Date | string;

/** When something was created: from inclusive, to exclusive. */
export interface CreatedRange {
  readonly createdFrom?: FineInstant;
  readonly createdTo?: FineInstant;
}

/** Microseconds in a fixed form, so that SQLite compares times as texts. */
export function storedTime(instant: Instant): FineInstant {
  return instant.replace(/Z$/, '000Z');
}

/** What an `Instant` is as long as. */
const INSTANT_LENGTH = '2026-11-21T12:00:00.000Z'.length;

export function readTime(time: TimeColumn): Instant {
  if (typeof time === 'string' && time.length === INSTANT_LENGTH && time.endsWith('Z')) return time;
  return (typeof time === 'string' ? new Date(time) : time).toISOString();
}

export function isWithin(instant: Instant, { createdFrom, createdTo }: CreatedRange): boolean {
  const stored = storedTime(instant);
  return (
    (createdFrom === undefined || stored >= createdFrom) &&
    (createdTo === undefined || stored < createdTo)
  );
}
