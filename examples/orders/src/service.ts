import { storeNamed } from '@holdfast/guard/define-store';

export const service = {
  stores: [storeNamed('orders')],
  release: { name: 'orders', version: '1.0.0' },
  migrations: 'migrations',
};
