import { defineLogFields, logField } from '@holdfast/core/log-fields';

/** What is told of photos and their files: never their bytes, what was asked for them, or a password. */
export const fields = defineLogFields({
  job_id: logField.shown,
  slot_id: logField.shown,
  /** Name of a file in its place, which nobody is given. */
  media_path: logField.shown,
  outcome: logField.shown,
  bytes: logField.shown,
  /** How many files or rows. */
  files: logField.shown,
  overdue_jobs: logField.shown,
  orphans: logField.shown,
});

type Fields = typeof fields;

declare module '@holdfast/core/log-fields' {
  interface LogFieldCatalogue extends Fields {}
}
