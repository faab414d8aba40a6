import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { mediaTags } from '../media.tags.js';
import * as descriptions from './templates.openapi.js';
import * as requests from './templates.requests.js';
import { TemplatesService } from './templates.service.js';

@StoreRoutes(mediaTags.slots)
@Controller('api/template-media')
@RequiresScope('media:admin')
export class TemplatesController {
  constructor(private readonly templates: TemplatesService) {}

  @Delete(':template_id')
  @HttpCode(204)
  @Operation(descriptions.remove)
  async remove(
    @Param({ schema: requests.TemplatePath }) path: z.output<typeof requests.TemplatePath>,
  ): Promise<void> {
    await this.templates.remove(path.template_id);
  }
}
