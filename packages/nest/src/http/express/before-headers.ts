import type { ServerResponse } from 'node:http';

/** Does something once, right before the headers of an answer are written. */
export function beforeHeaders(response: ServerResponse, work: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  let isDone = false;
  response.writeHead = (...args: unknown[]) => {
    if (!isDone) {
      isDone = true;
      work();
    }
    return writeHead(...args);
  };
}
