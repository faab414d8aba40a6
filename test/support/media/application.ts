import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplication, Module, type Provider } from '@nestjs/common';
import { z } from 'zod';
import { createLog, LOG, type Log } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import { judgeEnvironment } from '@holdfast/guard/validation-schema';
import { HoldfastModule } from '@holdfast/nest/holdfast.module';
import { createApplication } from '@holdfast/nest/http/application';
import { Connections } from '@holdfast/nest/http/connections';
import { Metrics } from '@holdfast/nest/metrics/metrics';
import type { Driver, DriverAnswer, DriverTask } from '../../../src/stores/media/drivers/driver.js';
import { Drivers } from '../../../src/stores/media/drivers/drivers.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { MediaFiles } from '../../../src/stores/media/files/media-files.js';
import {
  ingestControllers,
  ingestProviders,
} from '../../../src/stores/media/ingest/ingest.providers.js';
import { FilesCondition } from '../../../src/stores/media/health/files-condition.js';
import { ResultsController } from '../../../src/stores/media/results/results.controller.js';
import { JobRepository } from '../../../src/stores/media/jobs/job.repository.js';
import { MemoryJobRepository } from '../../../src/stores/media/jobs/job.repository.memory.js';
import { MediaMemory } from '../../../src/stores/media/media.memory.js';
import { mediaVariables } from '../../../src/stores/media/media.variables.js';
import { MediaObjectRepository } from '../../../src/stores/media/objects/media-object.repository.js';
import { MemoryMediaObjectRepository } from '../../../src/stores/media/objects/media-object.repository.memory.js';
import { CurrentMediaSettings } from '../../../src/stores/media/settings/media-settings.js';
import type { Slot } from '../../../src/stores/media/slots/slot.js';
import { SlotRepository } from '../../../src/stores/media/slots/slot.repository.js';
import { MemorySlotRepository } from '../../../src/stores/media/slots/slot.repository.memory.js';
import { TemplateRepository } from '../../../src/stores/media/templates/template.repository.js';
import { MemoryTemplateRepository } from '../../../src/stores/media/templates/template.repository.memory.js';

export const PASSWORD = 'open-sesame-please';

/** For a look at the place of the files. */
const PROBE_MS = 2000;

/** A driver that does what a test says. */
export class TestDriver implements Driver {
  readonly name = 'test';
  readonly settingsSchema = z.strictObject({ prompt: z.string().exactOptional() });
  readonly tasks: DriverTask[] = [];
  answer: (task: DriverTask) => Promise<DriverAnswer> = ({ image }) =>
    Promise.resolve({ bytes: image.read(), contentType: image.contentType, isInput: true });

  process(task: DriverTask): Promise<DriverAnswer> {
    this.tasks.push(task);
    return this.answer(task);
  }
}

/** Settings that a test changes as it likes. */
export class TestSettings extends CurrentMediaSettings {
  syncResponseSeconds = 10;
  resultTtlHours = 72;
  checks = 0;

  current() {
    const { syncResponseSeconds, resultTtlHours } = this;
    return Promise.resolve({ syncResponseSeconds, resultTtlHours });
  }

  isIngestPassword(password: string): Promise<boolean> {
    this.checks += 1;
    return Promise.resolve(password === PASSWORD);
  }
}

export interface MediaApplication {
  readonly url: string;
  readonly driver: TestDriver;
  readonly settings: TestSettings;
  readonly memory: MediaMemory;
  readonly files: FolderMediaFiles;
  /** Folder of the files. */
  readonly root: string;
  readonly metrics: Metrics;
  /** Names of all files that there are, half-written ones too. */
  fileNames(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The media store's requests in this process: rows in memory, files in a folder, a driver of the test's. */
export async function startMedia(
  environment: Readonly<Record<string, string>> = {},
): Promise<MediaApplication> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-media-'));
  const service = { stores: [], variables: mediaVariables, release: { name: 'media' } };
  const given = { APP_PERSISTENCE_PROFILE: 'LOCAL', LOG_LEVEL: 'fatal', ...environment };
  const { verdict } = judgeEnvironment(given, service, () => '');
  if (!('settings' in verdict)) throw new Error(JSON.stringify(verdict.violations));
  const driver = new TestDriver();
  const settings = new TestSettings();
  const memory = new MediaMemory();
  const files = new FolderMediaFiles(root);
  memory.slots.set('slot-001', slot({}));
  memory.slots.set('slot-off', slot({ id: 'slot-off', isActive: false }));
  const ports: Provider[] = [
    { provide: MediaMemory, useValue: memory },
    { provide: MediaFiles, useValue: files },
    {
      provide: FilesCondition,
      inject: [LOG],
      useFactory: (log: Log) =>
        new FilesCondition(files, { settings: undefined, answerMs: PROBE_MS, log }),
    },
    { provide: CurrentMediaSettings, useValue: settings },
    { provide: Drivers, useValue: new Drivers([driver]) },
    { provide: SlotRepository, useClass: MemorySlotRepository },
    { provide: JobRepository, useClass: MemoryJobRepository },
    { provide: MediaObjectRepository, useClass: MemoryMediaObjectRepository },
    { provide: TemplateRepository, useClass: MemoryTemplateRepository },
  ];
  @Module({
    controllers: [...ingestControllers, ResultsController],
    providers: [...ports, ...ingestProviders],
  })
  class TestedModule {}
  const log = await createLog(verdict.settings.log, 2);
  const content = await HoldfastModule.register(verdict.settings, [], log, [TestedModule]);
  const release = releaseOf({ name: 'media', version: '1.0.0' });
  const app: INestApplication<Server> = await createApplication(
    content,
    verdict.settings,
    release,
    log,
  );
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    driver,
    settings,
    memory,
    files,
    root,
    metrics: app.get(Metrics),
    fileNames: async () => {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    close: async () => {
      // A kept-alive socket that was in use a moment ago would be waited for.
      app.get(Connections).destroy();
      await app.close();
      await rm(root, { recursive: true });
    },
  };
}

export function slot(given: Partial<Slot>): Slot {
  const at = new Date().toISOString();
  return {
    id: 'slot-001',
    displayName: 'Slot 01',
    provider: 'test',
    operation: 'image_edit',
    settingsJson: {},
    sizeLimitMb: 1,
    isActive: true,
    version: 1,
    updatedBy: null,
    createdAt: at,
    updatedAt: at,
    ...given,
  };
}
