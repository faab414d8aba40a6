import { type DynamicModule, Module } from '@nestjs/common';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import { bindRepository } from '@holdfast/nest/database/database.module';
import { SampleThingRepository } from './sample-thing.repository.js';
import { MemorySampleThingRepository } from './sample-thing.repository.memory.js';
import { SqlSampleThingRepository } from './sample-thing.repository.sql.js';
import { SampleThingsController } from './sample-things.controller.js';
import { SampleThingsService } from './sample-things.service.js';

@Module({})
export class SampleThingsModule {
  static register({ database }: StoreBinding): DynamicModule {
    return {
      module: SampleThingsModule,
      controllers: [SampleThingsController],
      providers: [
        SampleThingsService,
        bindRepository(
          SampleThingRepository,
          database,
          MemorySampleThingRepository,
          SqlSampleThingRepository,
        ),
      ],
    };
  }
}
