import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Backend } from '@holdfast/guard/store-declaration';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../service.js';

/** The built service with its media store on one backend, on a database and in a folder of its own. */
export interface MediaService {
  readonly service: Service;
  /** For commands on the same database and folder. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Another process on the same database and folder. */
  another(more?: Readonly<Record<string, string>>): Promise<Service>;
  /** Runs SQL that both dialects understand beside the service. */
  execute(statement: string): Promise<void>;
  /** Ends all processes and removes the database. */
  end(): Promise<void>;
}

/** @param more variables */
export async function startMedia(
  backend: Backend,
  more: Readonly<Record<string, string>> = {},
): Promise<MediaService> {
  const folder = workingFolder();
  const file = join(folder, 'media.sqlite');
  const database = backend === 'POSTGRES' ? await createDatabase() : undefined;
  const environment = {
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: join(folder, 'files'),
    ...(database
      ? {
          APP_PERSISTENCE_PROFILE: 'PRODUCTION',
          HOST: '127.0.0.1',
          DATABASE_URL: database.url,
          MIGRATE_ON_START: 'true',
          MEDIA_ROOT_DURABLE: 'true',
        }
      : { MEDIA_STORE_BACKEND: backend, SQLITE_PATH: file }),
    ...more,
  };
  const services = [await startService(environment)];
  const [service] = services;
  if (!service) throw new Error('the service has not started');
  return {
    service,
    environment,
    folder,
    another: async (others = {}) => {
      const other = await startService({ ...environment, ...others });
      services.push(other);
      return other;
    },
    execute: async (statement) => {
      if (database) {
        await database.query(statement);
        return;
      }
      const connection = new Sqlite(file);
      connection.exec(statement);
      connection.close();
    },
    end: async () => {
      await Promise.all(services.map((each) => each.stop('SIGKILL')));
      await database?.drop();
    },
  };
}
