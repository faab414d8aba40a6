import type pg from 'pg';
import { type ExistingSchema, readExisting } from './plan-tables.js';
import { lackingRights, type LackingRights } from './rights.js';
import { Staging } from './staging.js';

/** What a copy has to know of its target before it begins. */
export interface TargetState {
  readonly existing: ExistingSchema;
  readonly lacking: LackingRights;
  /** Staging schemas of copies that were interrupted, or are under way into other schemas. */
  readonly staged: readonly string[];
}

/** Takes one round trip. */
export async function readTarget(
  client: pg.Client,
  { schema, replace }: { readonly schema: string; readonly replace: boolean },
): Promise<TargetState> {
  const [existing, lacking, staged] = await Promise.all([
    readExisting(client, schema),
    lackingRights(client, schema, { replace }),
    Staging.all(client),
  ]);
  return { existing, lacking, staged };
}
