import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Post, type Type } from '@nestjs/common';
import { context, diag, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';
import { started } from './orders-application.js';

const { later } = cleanup();
const exporter = new InMemorySpanExporter();
/** Where what an application has given to its SDK throws. */
let failsAt: 'onStart' | 'onEnd' | undefined;
const failing = (at: typeof failsAt) => () => {
  if (failsAt === at) throw new Error('a processor of the application');
};
const provider = new NodeTracerProvider({
  spanProcessors: [
    new SimpleSpanProcessor(exporter),
    {
      onStart: failing('onStart'),
      onEnd: failing('onEnd'),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
  ],
});
beforeAll(() => {
  provider.register();
});
afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
});
afterEach(() => {
  failsAt = undefined;
  diag.disable();
  exporter.reset();
});

/** The handler that never answers has been called. */
let reached: () => void = () => undefined;

@Controller('jobs')
class WorkController {
  @Post()
  async create(@Body() body: object) {
    await turn();
    return trace.getTracer('application').startActiveSpan('own', async (span) => {
      await turn();
      span.end();
      return body;
    });
  }

  @Get('well')
  well() {
    return {};
  }

  @Get('failing')
  fail() {
    throw new TypeError('a secret of the application');
  }

  @Get('silent')
  wait() {
    reached();
    return new Promise(() => undefined);
  }
}

@Module({ controllers: [WorkController] })
class WorkModule {}

/** The span of the server, once it has ended. */
function server(): Promise<ReadableSpan> {
  return eventually(() => {
    const found = exporter.getFinishedSpans().find(({ kind }) => kind === SpanKind.SERVER);
    if (!found) throw new Error('no span of a server has ended');
    return found;
  });
}

const post = (url: string) =>
  fetch(`${url}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ a: 1 }),
  });

describe.each(['fastify', 'express'] as const)('a request by %s', (framework) => {
  let url: string;
  beforeEach(async () => {
    const made = await started(framework, {}, WorkModule as Type);
    later(() => made.app.close());
    ({ url } = made);
  });

  it('is the parent of what its handler tells, after its body has been read', async () => {
    expect((await post(url)).status).toBe(201);
    const span = await server();
    expect(span.name).toBe('POST /jobs');
    expect(span.attributes).toMatchObject({
      'http.route': '/jobs',
      'http.response.status_code': 201,
    });
    const own = exporter.getFinishedSpans().find((each) => each.name === 'own');
    expect(own?.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
  });

  it.each(['onStart', 'onEnd'] as const)(
    'is answered where a processor throws %s, and OpenTelemetry hears of it',
    async (at) => {
      const heard: unknown[] = [];
      const nothing = () => undefined;
      diag.setLogger({
        ...{ warn: nothing, info: nothing, debug: nothing, verbose: nothing },
        error: (...said) => heard.push(said[0]),
      });
      failsAt = at;
      expect((await fetch(`${url}/jobs/well`)).status).toBe(200);
      expect((await fetch(`${url}/jobs/failing`)).status).toBe(500);
      await eventually(() => {
        expect(heard.length).toBeGreaterThanOrEqual(2);
      });
      expect(heard).toContain('holdfast: the tracing SDK has thrown');
    },
  );

  it('that fails tells its code, and where, but not what the error says', async () => {
    expect((await fetch(`${url}/jobs/failing`)).status).toBe(500);
    const { status, attributes, events } = await server();
    expect(status).toEqual({ code: SpanStatusCode.ERROR });
    expect(attributes).toMatchObject({ 'error.type': 'INTERNAL_ERROR' });
    const [event] = events;
    expect(event).toMatchObject({
      name: 'exception',
      attributes: { 'exception.type': 'TypeError' },
    });
    const { 'exception.stacktrace': stack } = event?.attributes ?? {};
    expect(stack).toContain('WorkController.fail');
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('ends when its client has left, without a status', async () => {
    const called = new Promise<void>((resolve) => (reached = resolve));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /jobs/silent HTTP/1.1\r\nHost: test\r\n\r\n');
    await called;
    socket.destroy();
    const { name, attributes, status } = await server();
    expect(name).toBe('GET /jobs/silent');
    expect(attributes).not.toHaveProperty('http.response.status_code');
    expect(status.code).toBe(SpanStatusCode.UNSET);
  });
});

it('is below the span of who instruments the server of Node', async () => {
  const { app, url } = await started('fastify', {}, WorkModule as Type);
  later(() => app.close());
  const listeners = app.getHttpServer().listeners('request') as ((...given: unknown[]) => void)[];
  app.getHttpServer().removeAllListeners('request');
  app.getHttpServer().on('request', (...given: unknown[]) => {
    trace.getTracer('instrumentation').startActiveSpan('outer', (span) => {
      for (const listener of listeners) listener(...given);
      span.end();
    });
  });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await fetch(`${url}/jobs/failing`, { headers: { traceparent } });
  const outer = exporter.getFinishedSpans().find(({ name }) => name === 'outer');
  expect((await server()).parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
});
