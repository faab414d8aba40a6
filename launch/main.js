import { run } from './code-cache.js';

run('service');
