import {
  Controller,
  Delete,
  HttpCode,
  type OnModuleInit,
  Param,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { platformOf } from '@holdfast/nest/http/platform';
import { mediaTags } from '../media.tags.js';
import { templateBody } from '../slots/slots.responses.js';
import { TemplateUpload } from './template-upload.js';
import * as descriptions from './templates.openapi.js';
import * as requests from './templates.requests.js';
import { TemplatesService } from './templates.service.js';

@StoreRoutes(mediaTags.slots)
@Controller('api/template-media')
@RequiresScope('media:admin')
export class TemplatesController implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly templates: TemplatesService,
    private readonly uploads: TemplateUpload,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host as Partial<HttpAdapterHost>;
    if (httpAdapter) platformOf(httpAdapter).acceptMultipart(['/api/template-media']);
  }

  @Post()
  @Operation(descriptions.add)
  async add(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return templateBody(await this.uploads.receive(request, reply));
  }

  @Delete(':template_id')
  @HttpCode(204)
  @Operation(descriptions.remove)
  async remove(
    @Param({ schema: requests.TemplatePath }) path: z.output<typeof requests.TemplatePath>,
  ): Promise<void> {
    await this.templates.remove(path.template_id);
  }
}
