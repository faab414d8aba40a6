import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HealthIndicatorService } from '@nestjs/terminus';
import type { Settings } from '@holdfast/guard/settings';
import { SETTINGS } from '../settings.module.js';
import { ApplicationCheck } from './application-check.js';
import { CHECK_NAME, CHECK_NAMES, type HealthCheck } from './health-check.js';
import { type ReadinessIndicator, ReadinessCheck } from './readiness-check.js';

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
      if (!CHECK_NAME.test(name) || taken.has(name))
        throw new TypeError(`${JSON.stringify(name)} is no name of a check, or is taken`);
      taken.add(name);
      const indicator = wrapper.instance as ReadinessIndicator;
      return [
        new ApplicationCheck(options, indicator, this.settings.probeTimeoutMs, this.indicators),
      ];
    });
  }
}
