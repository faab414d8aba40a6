import { instant, named, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

/** Of every table of kept answers. */
export const keptAnswerColumns = {
  key: named('idempotency_key', primary(text())),
  /** SHA-256 of the canonical request, in hexadecimal: its route, its path and its body. */
  requestHash: text(),
  /** The body, as JSON. */
  answer: text(),
  createdAt: instant(),
};

/** Each store has a table of its own. */
export function keptAnswerEntity(table: string) {
  return defineEntity(table, keptAnswerColumns);
}
