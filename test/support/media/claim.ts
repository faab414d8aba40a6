// Sees to it that the place and the database of the environment belong together, and kills itself on the way.
import { createLog } from '@holdfast/core/log';
import { ReasonError } from '@holdfast/core/reasons';
import { readConfiguration } from '@holdfast/guard/configure';
import { openDatabase } from '@holdfast/postgres/database/open-database';
import { service } from '../../../src/service.js';
import { openMediaFiles } from '../../../src/stores/media/files/open-media-files.js';
import { claimPlace } from '../../../src/stores/media/health/shared-place.js';
import { SqlSettingRepository } from '../../../src/stores/media/settings/setting.repository.sql.js';

/** Before which step; none where there are fewer. */
const killedBefore = Number(process.argv[2]);
let steps = 0;

/** Every call to one of the two is a step. */
function stepping<T extends object>(port: T): T {
  return new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        steps += 1;
        if (steps === killedBefore) process.kill(process.pid, 'SIGKILL');
        return Reflect.apply(member, target, args);
      };
    },
  });
}

const { verdict } = readConfiguration(process, service);
if (!('settings' in verdict)) throw new Error(JSON.stringify(verdict));
const { settings } = verdict;
const [database] = settings.databases;
if (!database) throw new Error('there is no database');
const { sql, close } = await openDatabase(database, settings, await createLog(settings.log, 2));
const place = {
  files: stepping(openMediaFiles(settings)),
  settings: stepping(new SqlSettingRepository(sql)),
};
try {
  await claimPlace(place, new AbortController().signal);
  process.stdout.write('OWN');
} catch (error) {
  if (!(error instanceof ReasonError)) throw error;
  process.stdout.write(error.code);
}
await close();
