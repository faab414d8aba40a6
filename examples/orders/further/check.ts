import { check } from '@holdfast/nest/check';
import { service } from './service.js';
import './stock.check.js';

await check(service);
