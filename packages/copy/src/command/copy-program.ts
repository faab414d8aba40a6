import type { Report } from '@holdfast/guard/command/report';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { CopyFlags } from './copy-flags.js';

/** A program that has the command. */
export interface CopyProgram {
  /** Guards the configuration, runs the command, prints its report and sets the exit code. */
  readonly run: (
    flags: CopyFlags,
    work: (context: CommandContext) => Promise<Report>,
  ) => Promise<void>;
  /** What holds where no flag says otherwise, in words. */
  readonly defaults: {
    /** What it is called by. */
    readonly command: string;
    readonly target: string;
    readonly schema: string;
    /** What to tell where there is no target. */
    readonly missing: string;
  };
  /** Of a service that keeps its data in such files itself. */
  readonly loadStores?: () => Promise<OwnStores>;
}

/** The stores of a service, when one of its own files is copied. */
export interface OwnStores {
  /** Those whose tables the file holds; undefined for a file of another program. */
  readonly storesOf: (
    context: CommandContext,
    source: SourceDatabase,
    target: PostgresSettings,
  ) => Promise<readonly string[] | undefined>;
  /** Loads the records of each store from both sides. @throws COPY_MISMATCH */
  readonly compareStores: (
    context: CommandContext,
    stores: readonly string[],
    file: string,
    target: PostgresSettings,
    schema: string,
  ) => Promise<number>;
}
