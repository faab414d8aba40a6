import { instant, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const LeaseEntity = defineEntity('dpm_leases', {
  name: primary(text()),
  holder: text(),
  expiresAt: instant(),
});
