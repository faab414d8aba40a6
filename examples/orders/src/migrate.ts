import { migrate } from '@holdfast/migrate/migrate';
import { service } from './service.js';

await migrate(service);
