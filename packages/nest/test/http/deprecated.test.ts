import type { Server } from 'node:http';
import { Controller, Get, type INestApplication, Module, NotFoundException } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deprecation } from '@holdfast/core/deprecation';
import { releaseOf } from '@holdfast/core/release';
import { deprecatedVariables } from '@holdfast/guard/deprecated-variables';
import { text } from '@holdfast/guard/variable';
import { Public, RequiresScope } from '../../src/auth/access.js';
import { deprecatedRoutes, openApiDocument } from '../../src/http/openapi.js';
import { Operation } from '../../src/http/operation.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { started } from './orders-application.js';

const OLD = deprecation({
  since: '1.4.0',
  sinceDay: '2027-01-31',
  removedIn: '2.0.0',
  sunsetDay: '2027-12-31',
  instead: 'GET /prices',
});
const { sunsetDay: _, ...WITHOUT_END } = OLD;
const RETURNS = { 200: { description: 'Prices.' } };

@Controller()
@Public()
class PricesController {
  @Get('prices')
  @Operation({ summary: 'Prices', returns: RETURNS })
  prices() {
    return {};
  }

  @Get('old-prices')
  @Operation({
    summary: 'Old prices',
    description: 'As before.',
    returns: RETURNS,
    deprecated: OLD,
  })
  oldPrices() {
    return {};
  }

  @Get('older-prices')
  @Operation({ summary: 'Older prices', returns: RETURNS, deprecated: WITHOUT_END })
  olderPrices() {
    throw new NotFoundException();
  }

  @Get('secret-prices')
  @RequiresScope('prices:read')
  @Operation({ summary: 'Secret prices', returns: RETURNS, deprecated: OLD })
  secretPrices() {
    return {};
  }
}

@Module({ controllers: [PricesController] })
class PricesModule {}

describe.each(['fastify', 'express'] as const)('a deprecated route on %s', (framework) => {
  let app: INestApplication<Server>;
  let url: string;

  beforeAll(async () => {
    ({ app, url } = await started(framework, {}, PricesModule));
  });
  afterAll(() => app.close());

  const headersOf = async (path: string) => {
    const { status, headers } = await fetch(url + path);
    return [status, headers.get('deprecation'), headers.get('sunset')];
  };

  it('says since when, and until when, in its answers and errors', async () => {
    const [since, until] = ['@1801353600', 'Fri, 31 Dec 2027 00:00:00 GMT'];
    expect(await headersOf('/old-prices')).toEqual([200, since, until]);
    expect(await headersOf('/older-prices')).toEqual([404, since, null]);
    expect(await headersOf('/prices')).toEqual([200, null, null]);
  });

  it('is described as such, and listed', () => {
    const controllers = app.get(DiscoveryService).getControllers();
    const release = releaseOf({ name: 'orders', version: '1.4.0' });
    const { paths } = openApiDocument(controllers, release) as {
      readonly paths: Readonly<Record<string, Readonly<Record<'get', object>>>>;
    };
    expect(paths['/old-prices']?.get).toMatchObject({
      deprecated: true,
      description: 'As before. It is deprecated since 1.4.0, removed in 2.0.0: use GET /prices.',
      responses: { 200: { headers: { Deprecation: {}, Sunset: {} } } },
    });
    expect(paths['/prices']?.get).not.toHaveProperty('deprecated');
    expect(deprecatedRoutes(controllers).map(({ name }) => name)).toEqual([
      'GET /old-prices',
      'GET /older-prices',
      'GET /secret-prices',
    ]);
  });
});

describe('other things that go away', () => {
  it('are metrics, whose help says so', async () => {
    const metrics = new Metrics();
    const read = () => [{ labels: {}, value: 1 }];
    metrics.register(
      { name: 'old_total', help: 'Old.', type: 'counter', labels: [], read, deprecated: OLD },
      { name: 'new_total', help: 'New.', type: 'counter', labels: [], read },
    );
    expect(metrics.deprecated()).toEqual([expect.objectContaining({ name: 'old_total' })]);
    expect((await metrics.expose()).text).toContain(
      '# HELP old_total Old. (deprecated since 1.4.0, removed in 2.0.0: use GET /prices)',
    );
  });

  it('are variables, and other names of them', () => {
    const variables = {
      ORDERS_OLD: { ...text('old'), deprecated: OLD },
      ORDERS_NEW: {
        ...text('new'),
        aliases: ['ORDERS_FORMER'],
        deprecatedAliases: { ORDERS_FORMER: OLD },
      },
    };
    const service = { stores: [], release: { name: 'orders' }, variables };
    expect(deprecatedVariables(service).map(({ name }) => name)).toEqual([
      'ORDERS_OLD',
      'ORDERS_FORMER',
    ]);
  });
});
