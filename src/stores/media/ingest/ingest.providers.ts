import type { Provider, Type } from '@nestjs/common';
import { IngestController } from './ingest.controller.js';
import { IngestOutcomes } from './ingest-outcomes.js';
import { IngestService } from './ingest.service.js';
import { KeyBeats } from './key-beats.js';
import { PhotoChanges } from './photo-changes.js';
import { PhotoRemains } from './photo-remains.js';
import { PhotoRequests } from './photo-requests.js';
import { TestRunController } from './test-run.controller.js';
import { Treatments } from './treatments.js';

export const ingestControllers: Type[] = [IngestController, TestRunController];

/** What takes photos in; it needs the store's ports, its settings, its files and its drivers. */
export const ingestProviders: Provider[] = [
  IngestOutcomes,
  IngestService,
  KeyBeats,
  PhotoChanges,
  PhotoRemains,
  PhotoRequests,
  Treatments,
];
