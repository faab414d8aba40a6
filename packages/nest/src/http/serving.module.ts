import { type DynamicModule, Module } from '@nestjs/common';
import { Lifecycle } from '../lifecycle.js';
import { LOG, type Log } from '@holdfast/core/log';
import { RELEASE, type Release } from '@holdfast/core/release';
import { Connections } from './connections.js';

/** The root of an application: its content, and what every part of it may know of the process that serves. */
@Module({})
export class ServingModule {
  static register(
    content: DynamicModule,
    connections: Connections,
    release: Release,
    log: Log,
  ): DynamicModule {
    return {
      module: ServingModule,
      global: true,
      imports: [content],
      providers: [
        { provide: Connections, useValue: connections },
        Lifecycle,
        { provide: LOG, useValue: log },
        { provide: RELEASE, useValue: release },
      ],
      exports: [Connections, Lifecycle, LOG, RELEASE],
    };
  }
}
