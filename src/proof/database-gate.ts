import type { Settings } from '@holdfast/guard/settings';
import { fingerprintOf } from '@holdfast/postgres/verification/verified-identity';
import { liveIdentity } from './database-identity.js';
import { documentIn } from './documents.js';
import type { Gate } from './gate.js';
import type { ProvedService } from './proved-service.js';
import { forOperators, getGate } from './service-gates.js';

/** Whether the service is on the databases that this configuration leads to, store by store. */
export function databaseGate(service: ProvedService, settings: Settings): Gate {
  const expected = 'in every store the database of this configuration';
  return getGate(
    forOperators(service),
    '/health',
    'databases of the service',
    expected,
    async (body) => {
      const own = await fingerprintsOf(settings);
      const told = documentIn(body.stores);
      const ofService = (store: string) => documentIn(told[store]).fingerprint;
      const differing = Object.keys(own).filter((store) => ofService(store) !== own[store]);
      if (differing.length === 0) return { isGo: true, got: 'the same' };
      const unknown = differing.filter(
        (store) => own[store] === undefined || typeof ofService(store) !== 'string',
      );
      return unknown.length === 0
        ? { isGo: false, got: `others: ${differing.join(', ')}`, code: 'PROOF_OTHER_DATABASE' }
        : { isGo: false, got: `not known: ${unknown.join(', ')}` };
    },
  );
}

/** By store; undefined where the database does not answer. */
async function fingerprintsOf({ stores, databases, pool }: Settings) {
  const found = await Promise.all(
    databases.map(async (database) => {
      if (database.type === 'sqlite') return [];
      const live = await liveIdentity(database, pool);
      const fingerprint = live && fingerprintOf(live);
      return stores
        .filter((store) => store.database === database.name)
        .map(({ store }) => [store, fingerprint] as const);
    }),
  );
  return Object.fromEntries(found.flat());
}
