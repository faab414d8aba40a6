// The least a Node process can do: one answer, no framework, no database.

import { createServer } from 'node:http';

createServer((request, response) => {
  response.statusCode = request.url === '/health/live' ? 200 : 404;
  response.setHeader('content-type', 'application/json');
  response.end('{"status":"ok"}');
}).listen(Number(process.env.PORT), process.env.HOST);
