import type { Migration } from '../migration.js';
import type { Finding } from './verdict.js';

/** A migration, judged by its file alone. */
export interface JudgedMigration {
  readonly migration: Migration;
  readonly statements: readonly {
    /** From 1; 0 for what is to be said of the file. */
    readonly number: number;
    /** Of the file, from 1. */
    readonly line: number;
    readonly sql: string;
    readonly verdicts: readonly Finding[];
  }[];
}
