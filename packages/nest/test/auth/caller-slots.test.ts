import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { RequiresScope } from '../../src/auth/access.js';
import { letIn } from '../../src/auth/caller.js';
import { CallerSlots } from '../../src/auth/caller-slots.js';
import { CallerSlotsGuard } from '../../src/auth/caller-slots.guard.js';

const SCOPE = { kind: 'scope', scope: 'orders:read' } as const;

function exchange(subject: string | null = null) {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const signer = { sign: (text: string) => text, isSigned: () => true };
  letIn(request, subject === null ? null : { subject, scopes: new Set(), ...signer });
  return { request, response };
}

const busy = expect.objectContaining({ code: 'CALLER_BUSY', retryAfterSeconds: 1 });

describe('the slots of callers', () => {
  const taking = (slots: CallerSlots, subject: string | null, address = '192.0.2.1') => {
    const { request, response } = exchange(subject);
    slots.take(request, response, SCOPE, address);
    return response;
  };

  it('are free again once requests have been answered or clients have left', () => {
    const slots = new CallerSlots(2, String);
    const first = taking(slots, 'me');
    taking(slots, 'me');
    expect(() => taking(slots, 'me')).toThrow(busy);
    first.emit('close');
    taking(slots, 'me');
    expect(() => taking(slots, 'me')).toThrow(busy);
  });

  it('are of a subject, whatever its address; an address that is named like one has its own', () => {
    const slots = new CallerSlots(1, String);
    taking(slots, 'me', '192.0.2.1');
    expect(() => taking(slots, 'me', '192.0.2.2')).toThrow(busy);
    taking(slots, '192.0.2.1');
    taking(slots, null, '192.0.2.1');
    expect(() => taking(slots, null, '192.0.2.1')).toThrow(busy);
  });

  it('are not taken for a client that has left meanwhile, nor for what is for everybody', () => {
    const slots = new CallerSlots(1, String);
    const gone = exchange('me');
    gone.response.destroy();
    slots.take(gone.request, gone.response, SCOPE, '');
    for (const kind of ['probe', 'public'] as const) {
      const { request, response } = exchange('me');
      slots.take(request, response, { kind }, '');
    }
    taking(slots, 'me');
  });
});

describe('the guard of slots', () => {
  class Orders {
    @RequiresScope('orders:read')
    list(): void {
      /* It is only asked who may ask for it. */
    }
  }
  const list = Object.getOwnPropertyDescriptor(Orders.prototype, 'list')?.value as () => void;

  /** As Fastify hands them out, and as Express does. */
  const contextOf = (request: object, response: object) =>
    ({
      getHandler: () => list,
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
    }) as unknown as ExecutionContext;

  it('counts what has not been counted yet, once', () => {
    const guard = new CallerSlotsGuard(new CallerSlots(1, String));
    const { request, response } = exchange('me');
    const reply = contextOf({ raw: request }, { raw: response });
    expect(guard.canActivate(reply)).toBe(true);
    expect(guard.canActivate(reply)).toBe(true);
    const express = exchange('me');
    const other = contextOf(express.request, express.response);
    expect(() => guard.canActivate(other)).toThrow(busy);
    response.emit('close');
    expect(guard.canActivate(other)).toBe(true);
  });
});
