import { defineLogFields, logField } from '@holdfast/core/log-fields';

/** How many records of each kind a purge has deleted. */
export const fields = defineLogFields({
  runs: logField.shown,
  lineage_edges: logField.shown,
  async_operations: logField.shown,
  request_keys: logField.shown,
});

type Fields = typeof fields;

declare module '@holdfast/core/log-fields' {
  interface LogFieldCatalogue extends Fields {}
}

/** What a purge tells of what it has deleted. */
export type PurgeCounts = { readonly [Kind in keyof Fields]?: number };
