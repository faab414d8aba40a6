import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Controller,
  Delete,
  Get,
  type INestApplication,
  Module,
  Post,
  type Type,
} from '@nestjs/common';
import { createLog } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import { judgeEnvironment } from '@holdfast/guard/validation-schema';
import { Public, RequiresScope } from '../../src/auth/access.js';
import { HoldfastModule } from '../../src/holdfast.module.js';
import { createApplication } from '../../src/http/application.js';

/** What its handlers have done. */
export const written: string[] = [];

@Controller('orders')
@RequiresScope('orders:read')
class OrdersController {
  @Get()
  list() {
    return [];
  }

  @Post()
  @RequiresScope('orders:write')
  create() {
    written.push('created');
    return {};
  }

  @Delete()
  @RequiresScope('orders:write')
  remove() {
    written.push('removed');
  }

  @Get('prices')
  @Public()
  prices() {
    return {};
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

/** Another team's application, without a store, in this process. */
export async function started(
  framework: 'fastify' | 'express',
  environment: Readonly<Record<string, string>>,
  module: Type = OrdersModule,
): Promise<{ readonly app: INestApplication<Server>; readonly url: string }> {
  const service = { stores: [], release: { name: 'orders' } };
  const given = { APP_PERSISTENCE_PROFILE: 'LOCAL', LOG_LEVEL: 'fatal', ...environment };
  const { verdict } = judgeEnvironment(given, service, () => '');
  if (!('settings' in verdict)) throw new Error(JSON.stringify(verdict.violations));
  const { settings } = verdict;
  const log = await createLog(settings.log, 2);
  const content = await HoldfastModule.register(settings, [], log, [module]);
  const release = releaseOf({ name: 'orders', version: '1.0.0' });
  const app = await createApplication(content, settings, release, log, framework);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}` };
}

export async function ask(
  url: string,
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
) {
  const answer = await fetch(url, { method, headers });
  const text = await answer.text();
  const code = answer.ok ? undefined : (JSON.parse(text) as { readonly code: string }).code;
  return { status: answer.status, headers: answer.headers, text, code };
}
