import type { Provider } from '@nestjs/common';
import type { Driver } from './driver.js';
import { Drivers } from './drivers.js';
import { EchoDriver } from './echo/echo.driver.js';
import { GeminiDriver } from './gemini/gemini.driver.js';
import { ProviderUrls } from './provider-urls.js';
import { TurbotextDriver } from './turbotext/turbotext.driver.js';

/** Every driver of this build: one more is a folder, an import and a name here. */
const DRIVERS = [EchoDriver, GeminiDriver, TurbotextDriver];

/** What gives `Drivers`; it needs a provider of `ProviderKeys`. */
export const driversProviders: Provider[] = [
  ProviderUrls,
  ...DRIVERS,
  {
    provide: Drivers,
    inject: DRIVERS,
    useFactory: (...drivers: Driver[]) => new Drivers(drivers),
  },
];
