import { Controller, Get, Header, Param, Res, StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import { ForOperators } from '../auth/access.js';
import type { HttpReply } from '../http/http-reply.js';
import { Operation } from '../http/operation.js';
import { ReasonError } from '../reasons.js';
import { StatusSource } from './status-source.js';

const NO_STORE = ['Cache-Control', 'no-store'] as const;
const HTML = ['Content-Type', 'text/html; charset=utf-8'] as const;
const TEXT = ['Content-Type', 'text/plain; charset=utf-8'] as const;

/** The page of whoever is on call. What it is made with is loaded by the first question. */
@Controller()
export class StatusController {
  constructor(private readonly source: StatusSource) {}

  @Get('status')
  @ForOperators()
  @Header(...NO_STORE)
  @Header(...HTML)
  @Operation({
    summary: 'The page of whoever is on call',
    description:
      'Whether the service can serve, if not why, since when and what to do: for a browser; always 200.',
    returns: {
      200: {
        description: 'The page.',
        mediaType: 'text/html',
        schema: z.string(),
        example: '<!doctype html>',
      },
    },
  })
  async page(@Res({ passthrough: true }) reply: HttpReply): Promise<string> {
    const { STATUS_PAGE_POLICY, statusPage } = await import('./page.js');
    reply.header('content-security-policy', STATUS_PAGE_POLICY);
    return statusPage(await this.source.read(), this.source.hasRunbook);
  }

  @Get('status.json')
  @ForOperators()
  @Header(...NO_STORE)
  @Operation({
    summary: 'What the page of whoever is on call says',
    description: 'For `holdfast status`; always 200, whether the service can serve or not.',
    returns: {
      200: {
        description: 'The status.',
        schema: z.looseObject({ status: z.enum(['ok', 'degraded', 'fail']) }),
        example: { status: 'ok', draining: false, causes: [] },
      },
    },
  })
  async json() {
    return this.source.read();
  }

  @Get('status/report')
  @ForOperators()
  @Header(...NO_STORE)
  @Header(...TEXT)
  @Operation({
    summary: 'The same as text, for support',
    description: 'Holds no secret, and no value of a setting.',
    returns: {
      200: {
        description: 'The report.',
        mediaType: 'text/plain',
        schema: z.string(),
        example: 'Can serve since 2026-11-29 03:12:05 UTC, for 4 min\n',
      },
    },
  })
  async report(): Promise<string> {
    const { statusReport } = await import('./report.js');
    return statusReport(await this.source.read());
  }

  /** For the script of the page. */
  @Get('status/events')
  @ForOperators()
  @Header(...NO_STORE)
  @Header('X-Accel-Buffering', 'no')
  async events(): Promise<StreamableFile> {
    const stream = await this.source.open();
    return new StreamableFile(stream, { type: 'text/event-stream; charset=utf-8' });
  }

  /** A section of the runbook, for a link of the page. */
  @Get('status/runbook/:code')
  @ForOperators()
  @Header(...NO_STORE)
  @Header(...HTML)
  async runbook(
    @Param('code') code: string,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<string> {
    const { RUNBOOK_PAGE_POLICY, runbookPage } = await import('./runbook.js');
    const page = await runbookPage(this.source.runbook, code);
    if (page === undefined) throw new ReasonError('ROUTE_NOT_FOUND');
    reply.header('content-security-policy', RUNBOOK_PAGE_POLICY);
    return page;
  }
}
