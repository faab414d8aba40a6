import { Controller, Get, Header, Res } from '@nestjs/common';
import { z } from 'zod';
import { ForOperators } from '../auth/access.js';
import type { HttpReply } from '../http/http-reply.js';
import { Operation } from '../http/operation.js';
import { Metrics } from './metrics.js';

@Controller()
@ForOperators()
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get('metrics')
  @Header('Cache-Control', 'no-store')
  @Operation({
    summary: 'Metrics, for Prometheus',
    description:
      'Requests, pools, checks, migrations and the process, in the text format of Prometheus; asks no dependency.',
    returns: {
      200: {
        description: 'The metrics.',
        mediaType: 'text/plain',
        schema: z.string(),
        example: '# TYPE holdfast_ready gauge\nholdfast_ready 1\n',
      },
    },
  })
  async read(@Res({ passthrough: true }) reply: HttpReply): Promise<string> {
    const { contentType, text } = await this.metrics.expose();
    reply.header('content-type', contentType);
    return text;
  }
}
