import { type FactoryProvider, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { VerifiedService } from './verified-service.js';

/** As dynamic modules of Nest take options that other providers give. */
export interface AsyncOptions {
  /** Modules that export what is injected. */
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  /** Variables that it sets in `process.env` are read afterwards. */
  readonly useFactory: (...injected: never[]) => VerifiedService | Promise<VerifiedService>;
}

const OPTIONS = 'holdfast.options';

@Module({})
class OptionsModule {}

/**
 * Which databases there are follows from the options, and with them which providers: they are resolved before
 * the application's own container is made, in a container of their own.
 */
export async function optionsFrom({
  imports = [],
  inject = [],
  useFactory,
}: AsyncOptions): Promise<VerifiedService> {
  if (imports.length === 0 && inject.length === 0) return useFactory();
  const module = {
    module: OptionsModule,
    imports,
    providers: [{ provide: OPTIONS, inject, useFactory }],
  };
  const context = await NestFactory.createApplicationContext(module, {
    abortOnError: false,
  });
  const options = context.get<VerifiedService>(OPTIONS);
  await context.close();
  return options;
}
