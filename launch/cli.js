#!/usr/bin/env node
import { run } from './code-cache.js';

run('command');
