import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, Inject, Param, StreamableFile } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { ReasonError } from '../reasons.js';
import { RELEASE, type Release } from '@holdfast/core/release';
import { ForOperators } from '../auth/access.js';
import { Operation } from './operation.js';
import { PAGE_SECURITY_POLICY } from './security-headers.js';

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const START = 'SwaggerUIBundle({ url: "/docs-json", dom_id: "#swagger-ui", deepLinking: true });';

const pageOf = ({ name, version }: Release) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${name} ${version}</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** The OpenAPI document and a page that shows it; both are made on the first request. */
@Controller()
@ForOperators()
export class DocsController {
  #document: object | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(RELEASE) private readonly release: Release,
  ) {}

  @Get('docs-json')
  @Operation({
    summary: 'This document: OpenAPI 3.1',
    description:
      'Made from the schemas that also validate; it names the routes of the stores that are turned on.',
    returns: {
      200: {
        description: 'The document.',
        schema: z.looseObject({}),
        example: { openapi: '3.1.0' },
      },
    },
  })
  async json() {
    const { openApiDocument } = await import('./openapi.js');
    this.#document ??= openApiDocument(this.discovery.getControllers(), this.release);
    return this.#document;
  }

  @Get('docs')
  @Operation({
    summary: 'A page that shows this document',
    description: 'Swagger UI, served by the process itself.',
    returns: {
      200: {
        description: 'The page.',
        mediaType: 'text/html',
        schema: z.string(),
        example: '<!doctype html>',
      },
    },
  })
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_SECURITY_POLICY)
  page() {
    return pageOf(this.release);
  }

  @Get('docs/:asset')
  asset(@Param('asset') asset: string) {
    if (asset === 'start.js') {
      return new StreamableFile(Buffer.from(START), { type: 'text/javascript; charset=utf-8' });
    }
    const type = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (type === undefined) throw new ReasonError('ROUTE_NOT_FOUND');
    const package_ = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json');
    return new StreamableFile(createReadStream(join(dirname(package_), asset)), { type });
  }
}
