const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A size for people, in units of 1024 as `pg_size_pretty` has them: `340 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024));
  const unit = Math.min(power, UNITS.length - 1);
  return `${(bytes / 1024 ** unit).toFixed(0)} ${UNITS[unit] ?? 'bytes'}`;
}
