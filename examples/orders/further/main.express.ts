import { start } from '@holdfast/nest/start';
import { service } from './service.js';

await start(async () => (await import('./orders.module.js')).OrdersModule, {
  ...service,
  framework: 'express',
});
