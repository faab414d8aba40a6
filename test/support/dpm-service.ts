import { join } from 'node:path';
import type { Backend } from '@holdfast/guard/store-declaration';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from './service.js';

/** The built service with its dpm store on one backend, on a database of its own. */
export interface DpmService {
  readonly service: Service;
  /** Another process on the same database. */
  another(): Promise<Service>;
  /** Ends all processes and removes the database. */
  end(): Promise<void>;
}

export async function startDpm(backend: Backend): Promise<DpmService> {
  const database = backend === 'POSTGRES' ? await createDatabase() : undefined;
  const environment = database
    ? {
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        DATABASE_URL: database.url,
        MIGRATE_ON_START: 'true',
      }
    : {
        DPM_SUPPORTABILITY_STORE_BACKEND: backend,
        SQLITE_PATH: join(workingFolder(), 'dpm.sqlite'),
      };
  const services = [await startService(environment)];
  const [service] = services;
  if (!service) throw new Error('the service has not started');
  return {
    service,
    another: async () => {
      const other = await startService(environment);
      services.push(other);
      return other;
    },
    end: async () => {
      await Promise.all(services.map((each) => each.stop('SIGKILL')));
      await database?.drop();
    },
  };
}
