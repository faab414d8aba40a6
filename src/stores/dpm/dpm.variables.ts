import { whole } from '@holdfast/guard/variable';

/** How long the store keeps what, and who purges it. */
export const dpmVariables = {
  DPM_SUPPORTABILITY_RETENTION_DAYS: whole(
    0,
    36_500,
    0,
    'days after which a purge deletes runs, with what belongs to them, and lineage; 0 never',
  ),
  DPM_ASYNC_OPERATIONS_TTL_SECONDS: whole(
    0,
    315_360_000,
    0,
    'seconds after which a purge deletes finished async operations; 0 never',
  ),
  DPM_PURGE_INTERVAL_SECONDS: whole(
    0,
    2_592_000,
    0,
    'seconds between purges by the service, one replica at a time; 0 off',
  ),
};
