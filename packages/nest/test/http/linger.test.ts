import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { lookForHalfClosed } from '../../src/http/linger.js';

/** A response that is owed, and the times at which something was sent on it. */
function owed(given: Partial<ServerResponse> & { readonly httpVersion?: string } = {}) {
  const begun = Date.now();
  const at: number[] = [];
  const response = {
    headersSent: given.headersSent ?? false,
    req: { httpVersion: given.httpVersion ?? '1.1' },
    writeProcessing: () => at.push(Date.now() - begun),
  };
  return { at, response: response as unknown as ServerResponse };
}

function looking(...responses: readonly ServerResponse[]) {
  const socket = Object.assign(new EventEmitter(), { destroyed: false }) as unknown as Socket & {
    destroyed: boolean;
  };
  lookForHalfClosed(socket, () => responses);
  return socket;
}

describe('a client that has ended its side', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is looked for soon, then less and less often, until its socket is gone', () => {
    const [first, second] = [owed(), owed()];
    const socket = looking(first.response, second.response);
    jest.advanceTimersByTime(1000);
    expect(first.at).toEqual([]);
    socket.emit('end');
    jest.advanceTimersByTime(900);
    const after = first.at.map((at) => at - 1000);
    expect(after).toEqual([20, 60, 140, 300, 550, 800]);
    socket.destroyed = true;
    socket.emit('close');
    jest.advanceTimersByTime(1000);
    expect(first.at).toHaveLength(after.length);
    expect(second.at).toEqual([]);
  });

  it('is not looked for any more once a look has ended its socket', () => {
    const { at, response } = owed();
    const socket = looking(response);
    socket.emit('end');
    response.writeProcessing = () => {
      at.push(0);
      socket.destroyed = true;
      socket.emit('close');
    };
    jest.advanceTimersByTime(1000);
    expect(at).toEqual([0]);
  });

  it.each([{ headersSent: true }, { httpVersion: '1.0' }])(
    'is sent nothing where it could not be told from the answer: %j',
    (given) => {
      const { at, response } = owed(given);
      looking(response).emit('end');
      jest.advanceTimersByTime(1000);
      expect(at).toEqual([]);
    },
  );
});
