import { Body, Controller, Get, Put } from '@nestjs/common';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { type Caller, CurrentCaller } from '@holdfast/nest/auth/caller';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { mediaTags } from '../media.tags.js';
import { writtenBy } from './setting-keys.js';
import * as descriptions from './settings.openapi.js';
import * as requests from './settings.requests.js';
import { settingsBody } from './settings.responses.js';
import { SettingsService, type SettingsUpdate } from './settings.service.js';
import type { SettingsView } from './settings-view.js';
import { StoredProviderKeys } from './stored-provider-keys.js';

type PutBody = z.output<typeof requests.PutSettings>;

@StoreRoutes(mediaTags.settings)
@Controller('api/settings')
@RequiresScope('media:admin')
export class SettingsController {
  constructor(
    private readonly settings: SettingsService,
    private readonly keys: StoredProviderKeys,
  ) {}

  @Get()
  @Operation(descriptions.get)
  async get() {
    return this.#body(await this.settings.get());
  }

  @Put()
  @Operation(descriptions.put)
  async put(
    @Body({ schema: requests.PutSettings }) body: PutBody,
    @CurrentCaller() caller: Caller | null,
  ) {
    return this.#body(await this.settings.update(updateOf(body), body.version, writtenBy(caller)));
  }

  #body(view: SettingsView) {
    return settingsBody(view, (provider) => this.keys.given(provider) !== undefined);
  }
}

function updateOf(body: PutBody): SettingsUpdate {
  const { sync_response_seconds, result_ttl_hours, ingest_password, provider_keys } = body;
  return {
    ...(sync_response_seconds !== undefined && { syncResponseSeconds: sync_response_seconds }),
    ...(result_ttl_hours !== undefined && { resultTtlHours: result_ttl_hours }),
    ...(ingest_password !== undefined && { ingestPassword: ingest_password }),
    ...(provider_keys !== undefined && { providerKeys: provider_keys }),
  };
}
