import type { Provider } from '@nestjs/common';
import type { Driver } from './driver.js';
import { Drivers } from './drivers.js';
import { EchoDriver } from './echo/echo.driver.js';
import { GeminiDriver } from './gemini/gemini.driver.js';
import { ProvidersCheck } from '../health/providers.check.js';
import { ProviderUrls } from './provider-urls.js';
import { TurbotextDriver } from './turbotext/turbotext.driver.js';

/** Every driver of this build: one more is a folder, an import and a name here. */
const DRIVERS = [EchoDriver, GeminiDriver, TurbotextDriver];

/** What gives `Drivers`, and asks whether their providers are there; it needs a provider of `ProviderKeys`. */
export const driversProviders: Provider[] = [
  ProviderUrls,
  ...DRIVERS,
  ProvidersCheck,
  {
    provide: Drivers,
    inject: DRIVERS,
    useFactory: (...drivers: Driver[]) => new Drivers(drivers),
  },
];
