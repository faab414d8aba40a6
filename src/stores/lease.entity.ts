import { instant, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

const leaseColumns = {
  name: primary(text()),
  holder: text(),
  expiresAt: instant(),
};

/** Each store has a table of its own. */
export function leaseEntity(table: string) {
  return defineEntity(table, leaseColumns);
}

export type LeaseEntity = ReturnType<typeof leaseEntity>;
