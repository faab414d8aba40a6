import type { Verification } from '../report.js';

/** What names the target. */
export interface TargetFlags {
  readonly to?: string;
  readonly toFile?: string;
}

/** The options of the command, as commander gives them. */
export interface CopyFlags extends TargetFlags {
  readonly json?: boolean;
  readonly from?: string;
  readonly schema?: string;
  readonly tables?: readonly string[];
  readonly exclude: readonly string[];
  readonly map: readonly string[];
  readonly preset?: string;
  readonly rename: readonly string[];
  readonly skipColumn: readonly string[];
  readonly schemaOnly?: boolean;
  readonly dataOnly?: boolean;
  readonly beforeSql?: string;
  readonly afterSql?: string;
  readonly types: 'held' | 'declared';
  readonly verify: Verification;
  readonly replace?: boolean;
  readonly onReject: 'fail' | 'list';
  readonly onOrphan: 'fail' | 'not-valid';
  readonly allowWriters?: boolean;
  readonly jobs: number;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly undo?: string;
  readonly report?: string;
  readonly metricsFile?: string;
  readonly rejects?: string;
  readonly follow?: boolean;
  readonly cutOver?: boolean;
  readonly followBack?: boolean;
  readonly goBack?: boolean;
  readonly stopFollowing?: boolean;
}
