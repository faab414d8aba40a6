import type { Durability, DurabilityWarning } from '@holdfast/postgres/verification/durability';
import type { ExcessRights } from '@holdfast/postgres/verification/excess-rights';
import type { DatabaseNeeds, Compatibility } from '@holdfast/postgres/verification/needs';
import type { Settings } from '@holdfast/guard/settings';
import { textsOf } from '../verification/database-refusals.js';
import { failed, type Finding, passed, warned } from './finding.js';

/** Whether the role may do with the tables of the stores what the service does. */
export function judgeRights({ lacking }: Compatibility, needs: DatabaseNeeds): Finding {
  if (lacking.length > 0)
    return failed('POSTGRES_RIGHTS_MISSING', `the role lacks ${lacking.join(', ')}`);
  return passed(`${Object.keys(needs).length} tables can be used as the service uses them`);
}

/** Whether it may do more than that: who gets into the service could, too. */
export function judgeExcessRights({ found }: ExcessRights): Finding {
  if (found.length > 0)
    return warned('POSTGRES_RIGHTS_EXCESSIVE', `the role of the service ${found.join(', ')}`);
  return passed('the role may read and write rows, and do nothing else');
}

/**
 * Whether this build's statements fit the tables.
 * @param isMigrated as the ledger has it, which is read only where they do not
 */
export async function judgeSchema(
  { mismatches }: Compatibility,
  isMigrated: () => Promise<boolean>,
): Promise<Finding> {
  if (mismatches.length > 0) {
    const code = (await isMigrated()) ? 'SCHEMA_INCOMPATIBLE' : 'MIGRATIONS_PENDING';
    return failed(code, textsOf(mismatches));
  }
  return passed("the tables have what this build's statements need");
}

/** Whether the rows are stored and had as they are given. */
export function judgeWrites(
  { intercepting, watching }: Compatibility,
  { durability }: Pick<Settings, 'durability'>,
): Finding {
  if (intercepting.length > 0) {
    const detail = textsOf(intercepting);
    return durability === 'require'
      ? failed('POSTGRES_WRITES_INTERCEPTED', detail)
      : warned('POSTGRES_WRITES_INTERCEPTED', `${detail}; accepted by DB_DURABILITY=warn`);
  }
  if (watching.length > 0)
    return warned('POSTGRES_TRIGGERS_PRESENT', `triggers: ${watching.join(', ')}`);
  return passed('no trigger, rule or policy comes between the service and its rows');
}

/** Checks of what may be lost after it was acknowledged: one that fails, and warnings. */
export const DURABILITY_CHECKS: Readonly<Record<string, DurabilityWarning['code']>> = {
  synchronous_commit: 'POSTGRES_COMMITS_UNFLUSHED',
  checksums: 'POSTGRES_CHECKSUMS_MISSING',
  transaction_ids: 'POSTGRES_TRANSACTION_IDS_LOW',
};

export function judgeDurability(
  { faults }: Durability,
  { durability }: Pick<Settings, 'durability'>,
): Finding {
  if (faults.length === 0) return passed('what is acknowledged survives a crash');
  const detail = faults.join(', ');
  return durability === 'require'
    ? failed('POSTGRES_NOT_DURABLE', detail)
    : warned('POSTGRES_NOT_DURABLE', `${detail}; accepted by DB_DURABILITY=warn`);
}

export function judgeWarning({ warnings }: Durability, code: DurabilityWarning['code']): Finding {
  const found = warnings.find((warning) => warning.code === code);
  return found ? warned(code, found.detail) : passed('nothing to warn of');
}
