import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import {
  Controller,
  type INestApplication,
  Module,
  type OnModuleInit,
  Param,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Public } from '../../src/auth/access.js';
import { rawRequest } from '../../src/auth/caller.js';
import { Connections } from '../../src/http/connections.js';
import type { HttpReply } from '../../src/http/http-reply.js';
import { takeBody } from '../../src/http/multipart-body.js';
import { platformOf } from '../../src/http/platform.js';
import { started } from './orders-application.js';

type Reply = Parameters<typeof takeBody>[1] & HttpReply;

/** Whether the body has been asked for, of the requests so far. */
const untaken: string[] = [];

@Controller('uploads')
@Public()
class UploadsController implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    platformOf(this.host.httpAdapter).acceptMultipart(['/uploads/:name']);
  }

  @Post(':name')
  async take(
    @Param('name') name: string,
    @Req() given: Parameters<typeof rawRequest>[0],
    @Res() reply: Reply,
  ): Promise<void> {
    const request: IncomingMessage = rawRequest(given);
    if (name === 'refused') {
      untaken.push(name);
      reply.header('connection', 'close');
      reply.status(409);
      reply.send('');
      return;
    }
    takeBody(request, reply, this.connections);
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) bytes += chunk.length;
    reply.status(200);
    reply.send(String(bytes));
  }
}

@Controller('others')
@Public()
class OthersController {
  @Post()
  take(): object {
    return {};
  }
}

@Module({ controllers: [UploadsController, OthersController] })
class UploadsModule {}

const TYPE = 'multipart/form-data; boundary=x';

describe.each(['fastify', 'express'] as const)('bodies of forms with files, by %s', (framework) => {
  let app: INestApplication<Server>;
  let url: string;

  beforeAll(async () => {
    ({ app, url } = await started(framework, {}, UploadsModule));
  });
  afterAll(() => app.close());

  it('are left to a route that reads them, whatever their size', async () => {
    const body = Buffer.alloc(5 * 1024 * 1024);
    const answer = await fetch(`${url}/uploads/a`, {
      method: 'POST',
      headers: { 'content-type': TYPE },
      body,
    });
    expect([answer.status, await answer.text()]).toEqual([200, String(body.length)]);
  });

  it.each([
    ['/others', TYPE, {}, /^Send what \/docs says/],
    ['/uploads/a', 'application/x-other', {}, /^the route takes multipart\/form-data$/],
    ['/uploads/a', 'application/json', {}, /^the route takes multipart\/form-data$/],
    ['/uploads/a', TYPE, { 'content-encoding': 'gzip' }, /^bodies are not compressed$/],
  ])('are refused at %s as %s with %p', async (path, type, headers, detail) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body: '--x--',
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      415,
      { code: 'MEDIA_TYPE_UNSUPPORTED', detail: expect.stringMatching(detail) as unknown },
    ]);
  });

  it('are asked for only when their route takes them', async () => {
    const head = (name: string) =>
      [
        `POST /uploads/${name} HTTP/1.1`,
        'Host: x',
        `Content-Type: ${TYPE}`,
        'Content-Length: 5000000',
        'Expect: 100-continue',
        '\r\n',
      ].join('\r\n');
    const talk = async (name: string, enough: RegExp) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      await once(socket, 'connect');
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString()));
      socket.write(head(name));
      while (!enough.test(received)) await once(socket, 'data');
      return { socket, received: () => received };
    };
    const refused = await talk('refused', /\r\n\r\n/);
    expect(refused.received()).toMatch(/^HTTP\/1\.1 409 [^]*connection: close/i);
    expect(untaken.splice(0)).toEqual(['refused']);
    refused.socket.destroy();
    const taken = await talk('a', /100 Continue\r\n\r\n/);
    taken.socket.write(Buffer.alloc(5_000_000));
    while (!/\r\n\r\n5000000|200 OK[^]*5000000/.test(taken.received()))
      await once(taken.socket, 'data');
    expect(taken.received()).not.toMatch(/connection: close/i);
    taken.socket.destroy();
  });
});
