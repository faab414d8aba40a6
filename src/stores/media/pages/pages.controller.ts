import { Controller, Get, Header, Inject, Optional, Param, Query, Res } from '@nestjs/common';
import type { z } from 'zod';
import { RELEASE, type Release } from '@holdfast/core/release';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { OPERATOR_SESSIONS, type OperatorSessions } from '@holdfast/nest/auth/operator-sessions';
import type { HttpReply } from '@holdfast/nest/http/http-reply';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { Drivers } from '../drivers/drivers.js';
import { JobRepository } from '../jobs/job.repository.js';
import { SettingsService } from '../settings/settings.service.js';
import { StoredProviderKeys } from '../settings/stored-provider-keys.js';
import { SlotPath } from '../slots/slots.requests.js';
import { SlotsService } from '../slots/slots.service.js';
import { StatsQuery } from '../stats/stats.requests.js';
import { StatsService } from '../stats/stats.service.js';
import { mediaTags } from '../media.tags.js';
import type { PageContent, PageFrame } from './layout.js';
import * as descriptions from './pages.openapi.js';

const HTML = ['Content-Type', 'text/html; charset=utf-8'] as const;
const NO_STORE = ['Cache-Control', 'no-store'] as const;

/** As many as fit on a page. */
const LAST_JOBS = 10;

/** The pages of operators. What they are made with is loaded by the first question. */
@StoreRoutes(mediaTags.pages)
@Controller('media')
@RequiresScope('media:read', { isPage: true })
export class PagesController {
  constructor(
    private readonly slots: SlotsService,
    private readonly jobs: JobRepository,
    private readonly settings: SettingsService,
    private readonly keys: StoredProviderKeys,
    private readonly stats: StatsService,
    private readonly drivers: Drivers,
    @Inject(RELEASE) private readonly release: Release,
    @Optional() @Inject(OPERATOR_SESSIONS) private readonly sessions: OperatorSessions | null,
  ) {}

  @Get()
  @Header(...HTML)
  @Header(...NO_STORE)
  @Operation(descriptions.list)
  async list(@CurrentCaller() caller: Caller | null, @Res({ passthrough: true }) reply: HttpReply) {
    const { slotsPage } = await import('./slots-page.js');
    return this.#page(caller, reply, slotsPage(await this.slots.list()));
  }

  @Get('slots/:slot_id')
  @Header(...HTML)
  @Header(...NO_STORE)
  @Operation(descriptions.slot)
  async slot(
    @Param({ schema: SlotPath }) { slot_id: slotId }: z.output<typeof SlotPath>,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: HttpReply,
  ) {
    const { slotPage } = await import('./slot-page.js');
    const found = await this.slots.get(slotId);
    const jobs = await this.jobs.latest(slotId, LAST_JOBS);
    const now = new Date().toISOString();
    const providers = this.drivers.names;
    return this.#page(caller, reply, slotPage({ ...found, jobs, providers, now }));
  }

  @Get('settings')
  @RequiresScope('media:admin', { isPage: true })
  @Header(...HTML)
  @Header(...NO_STORE)
  @Operation(descriptions.settings)
  async current(
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: HttpReply,
  ) {
    const { settingsPage } = await import('./settings-page.js');
    const view = await this.settings.get();
    const page = settingsPage(view, (provider) => this.keys.given(provider) !== undefined);
    return this.#page(caller, reply, page);
  }

  @Get('stats')
  @Header(...HTML)
  @Header(...NO_STORE)
  @Operation(descriptions.stats)
  async figures(
    @Query({ schema: StatsQuery }) { window_minutes: windowMinutes }: z.output<typeof StatsQuery>,
    @CurrentCaller() caller: Caller | null,
    @Res({ passthrough: true }) reply: HttpReply,
  ) {
    const { statsPage } = await import('./stats-page.js');
    const overview = await this.stats.overview(windowMinutes);
    const { slots, failures } = await this.stats.bySlot(windowMinutes);
    return this.#page(caller, reply, statsPage({ windowMinutes, overview, slots, failures }));
  }

  async #page(caller: Caller | null, reply: HttpReply, content: PageContent): Promise<string> {
    const { MEDIA_PAGE_POLICY, pageOf } = await import('./layout.js');
    reply.header('content-security-policy', MEDIA_PAGE_POLICY);
    return pageOf(this.#frame(caller), content);
  }

  #frame(caller: Caller | null): PageFrame {
    const session = caller?.session;
    return {
      service: this.release.name,
      user: caller?.subject,
      csrfToken: session === undefined ? undefined : this.sessions?.csrfToken(session),
    };
  }
}
