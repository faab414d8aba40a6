import type { CopyOptions } from '../options.js';
import { ReasonError } from '../reasons.js';
import { type Preset, PRESETS } from '../presets/presets.js';
import { type ColumnRule, parseRule, parseRules } from '../rule.js';
import { parseColumnPattern, parseRename } from '../selection.js';
import type { CopyFlags } from './copy-flags.js';
import { textOf } from './target.js';

/** What is copied, and as what. */
export type Choice = Pick<
  CopyOptions,
  | 'only'
  | 'exclude'
  | 'excludeIfThere'
  | 'rules'
  | 'renames'
  | 'skipColumns'
  | 'parts'
  | 'types'
  | 'beforeSql'
  | 'afterSql'
>;

/** @throws USAGE */
export function choiceOf(flags: CopyFlags): Choice {
  const { schemaOnly = false, dataOnly = false, beforeSql, afterSql } = flags;
  if (schemaOnly && dataOnly)
    throw new ReasonError('USAGE', {
      detail: '--schema-only and --data-only leave nothing to copy',
    });
  const preset = presetNamed(flags.preset);
  return {
    only: flags.tables,
    exclude: flags.exclude,
    excludeIfThere: preset?.exclude ?? [],
    rules: [
      ...(preset?.rules ?? []).map((rule) => ({ ...parseRule(rule), isOptional: true })),
      ...flags.map.flatMap(rulesOf),
    ],
    renames: flags.rename.map(parseRename),
    skipColumns: flags.skipColumn.map(parseColumnPattern),
    parts: schemaOnly ? 'schema' : dataOnly ? 'data' : 'all',
    types: flags.types,
    beforeSql: beforeSql === undefined ? undefined : textOf(beforeSql, '--before-sql'),
    afterSql: afterSql === undefined ? undefined : textOf(afterSql, '--after-sql'),
  };
}

/** @throws USAGE */
function presetNamed(name: string | undefined): Preset | undefined {
  const preset = PRESETS.find((each) => each.name === name);
  if (preset || name === undefined) return preset;
  const known = PRESETS.map((each) => each.name)
    .toSorted()
    .join(', ');
  throw new ReasonError('USAGE', { detail: `--preset ${name}: there are ${known}` });
}

/** A rule, or with `@` the file that has them. @throws USAGE */
function rulesOf(given: string): readonly ColumnRule[] {
  return given.startsWith('@') ? parseRules(textOf(given.slice(1), '--map')) : [parseRule(given)];
}
