require('./code-cache.js').run('service');
