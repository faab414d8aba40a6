import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HealthIndicatorService } from '@nestjs/terminus';
import type { Settings } from '@holdfast/guard/settings';
import { SETTINGS } from '../settings.module.js';
import { ApplicationCheck } from './application-check.js';
import { CHECK_NAMES, type HealthCheck } from './health-check.js';
import { type AskedByReadiness, ReadinessCheck } from './readiness-check.js';

const NAME = /^[a-z][a-z0-9_]{0,49}$/;

/** Finds the providers that are marked with `@ReadinessCheck()`. */
@Injectable()
export class ApplicationChecks {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly indicators: HealthIndicatorService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * Once all providers are made.
   * @throws TypeError for a name that is taken, or is none
   */
  find(): readonly HealthCheck[] {
    const taken = new Set<string>([...CHECK_NAMES, 'shutdown']);
    return this.discovery.getProviders({ metadataKey: ReadinessCheck.KEY }).flatMap((wrapper) => {
      const options = this.discovery.getMetadataByDecorator(ReadinessCheck, wrapper);
      if (!options) return [];
      const { name } = options;
      if (!NAME.test(name) || taken.has(name))
        throw new TypeError(`${JSON.stringify(name)} is no name of a check, or is taken`);
      taken.add(name);
      const asked = wrapper.instance as AskedByReadiness;
      return [new ApplicationCheck(options, asked, this.settings.probeTimeoutMs, this.indicators)];
    });
  }
}
