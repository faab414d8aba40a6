import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { expiringSoon, type UsedCertificate } from '@holdfast/postgres/connection/certificates';
import type { Durability } from '@holdfast/postgres/verification/durability';
import type { Compatibility, Mismatch } from '@holdfast/postgres/verification/needs';
import type { Log } from '@holdfast/core/log';
import { type ReasonCode, reasonFor } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';

/** What need not be refused is logged. @throws POSTGRES_RIGHTS_MISSING, SCHEMA_FITS_PARTLY, SCHEMA_INCOMPATIBLE, POSTGRES_WRITES_INTERCEPTED */
export function refuseIncompatible(
  database: DatabaseSettings,
  { lacking, mismatches, intercepting, watching }: Compatibility,
  { durability }: Pick<Settings, 'durability'>,
  log: Log,
): void {
  if (lacking.length > 0) {
    throw new ReasonError('POSTGRES_RIGHTS_MISSING', {
      detail: `on the ${database.name} database the role lacks ${lacking.join(', ')}`,
    });
  }
  const broken = mismatches.filter(({ store }) => store !== undefined);
  if (broken.length > 0) {
    throw new ReasonError('SCHEMA_FITS_PARTLY', {
      detail: `the ${database.name} database: ${textsOf(broken)}`,
    });
  }
  if (mismatches.length > 0) {
    throw new ReasonError('SCHEMA_INCOMPATIBLE', {
      detail: `the ${database.name} database (${database.stores.join(', ')}): ${textsOf(mismatches)}`,
    });
  }
  if (intercepting.length > 0 && durability === 'require') {
    throw new ReasonError('POSTGRES_WRITES_INTERCEPTED', {
      detail: `the ${database.name} database (${database.stores.join(', ')}): ${textsOf(intercepting)}`,
    });
  }
  const warn = (code: ReasonCode, detail: string) => {
    const line = { event: 'database.warning', database: database.name, code, detail };
    log.warn(line, reasonFor(code).meaning);
  };
  if (intercepting.length > 0) warn('POSTGRES_WRITES_INTERCEPTED', textsOf(intercepting));
  if (watching.length > 0) warn('POSTGRES_TRIGGERS_PRESENT', watching.join(', '));
}

/** In words, for logs and commands. */
export function textsOf(mismatches: readonly Mismatch[]): string {
  return mismatches.map(({ text }) => text).join(', ');
}

/** A certificate that is to be renewed is logged. */
export function warnOfCertificates(
  database: DatabaseSettings,
  certificates: readonly UsedCertificate[],
  log: Log,
): void {
  const code = 'POSTGRES_CERTIFICATE_EXPIRING';
  for (const detail of expiringSoon(certificates, new Date())) {
    const line = { event: 'database.warning', database: database.name, code, detail };
    log.warn(line, reasonFor(code).meaning);
  }
}

/** What need not be refused is logged. @throws POSTGRES_NOT_DURABLE */
export function refuseUndurable(
  database: DatabaseSettings,
  { faults, warnings }: Durability,
  { durability }: Pick<Settings, 'durability'>,
  log: Log,
): void {
  for (const { code, detail } of warnings) {
    const line = { event: 'database.warning', database: database.name, code, detail };
    log.warn(line, reasonFor(code).meaning);
  }
  if (faults.length === 0) return;
  const detail = faults.join(', ');
  if (durability === 'require') {
    throw new ReasonError('POSTGRES_NOT_DURABLE', {
      detail: `the ${database.name} database (${database.stores.join(', ')}): ${detail}`,
    });
  }
  const code = 'POSTGRES_NOT_DURABLE';
  const line = { event: 'database.warning', database: database.name, code, detail };
  log.warn(line, reasonFor(code).meaning);
}
