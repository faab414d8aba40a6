import { Injectable } from '@nestjs/common';
import { defineReasons, ReasonError, unavailable } from '@holdfast/core/reasons';
import { type ReadinessIndicator, ReadinessCheck } from '@holdfast/nest/health/readiness-check';

const reasons = defineReasons({
  WAREHOUSE_UNREACHABLE: unavailable('The warehouse does not answer.', 'Check WAREHOUSE_URL.'),
});

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue {
    WAREHOUSE_UNREACHABLE: (typeof reasons)['WAREHOUSE_UNREACHABLE'];
  }
}

/** Orders are taken without the warehouse, too: the service is degraded, and still ready. */
@Injectable()
@ReadinessCheck({ name: 'warehouse', isRequired: false })
export class WarehouseCheck implements ReadinessIndicator {
  async check(signal: AbortSignal): Promise<void> {
    const response = await fetch(process.env.WAREHOUSE_URL ?? '', { signal });
    if (!response.ok) throw new ReasonError('WAREHOUSE_UNREACHABLE');
  }
}
