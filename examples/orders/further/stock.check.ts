import { defineReasons, EXIT, ReasonError } from '@holdfast/core/reasons';
import { registerCheck } from '@holdfast/nest/check';

const reasons = defineReasons({
  STOCK_NOT_COUNTED: {
    meaning: 'The stock has not been counted.',
    fix: 'Count it, and set STOCK.',
    exit: EXIT.failed,
  },
});

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue {
    STOCK_NOT_COUNTED: (typeof reasons)['STOCK_NOT_COUNTED'];
  }
}

registerCheck({
  name: 'stock',
  run: () => {
    if (!process.env.STOCK) throw new ReasonError('STOCK_NOT_COUNTED');
    return process.env.STOCK;
  },
});
