import { Agent, request } from 'node:http';
import type { Answer } from './description.js';
import type { FuzzRequest } from './requests.js';

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends a request as it is: `fetch` would refuse or repair some of them. */
export function send(service: string, { operation, path, headers, body }: FuzzRequest) {
  const { hostname, port } = new URL(service);
  return new Promise<Answer>((answered, failed) => {
    const sent = request(
      { agent, hostname, port, method: operation.method.toUpperCase(), path, headers },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', failed);
        response.on('end', () => {
          answered({
            status: response.statusCode ?? 0,
            mediaType: (response.headers['content-type'] ?? '').split(';')[0] ?? '',
            text: Buffer.concat(parts).toString(),
          });
        });
      },
    );
    sent.on('error', failed);
    sent.end(body);
  });
}
