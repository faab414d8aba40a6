import { Inject, Module } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { Metrics } from '@holdfast/nest/metrics/metrics';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { verifiedIdentityOf } from '@holdfast/postgres/verification/verified-identity';
import { BackupCheck } from './backup.check.js';
import { backupVariables } from './backup.variables.js';
import { ProofAge } from './folder/proof-age.js';
import { knownOf } from './folder/same-database.js';
import { knownFile } from './sqlite/known-file.js';

/** Tells how old the last verified backup is: in readiness, on the status page, and as a metric. */
@Module({
  providers: [
    BackupCheck,
    {
      provide: ProofAge,
      inject: [SETTINGS],
      useFactory: (settings: Settings) =>
        new ProofAge(valuesOf(settings, backupVariables).BACKUP_DIR, () =>
          Promise.all(
            settings.databases.map((database) =>
              database.type === 'sqlite'
                ? knownFile(database)
                : Promise.resolve(knownOf(database, verifiedIdentityOf(database)?.live)),
            ),
          ),
        ),
    },
  ],
})
export class BackupModule {
  constructor(@Inject(ProofAge) age: ProofAge, metrics: Metrics) {
    metrics.register({
      name: 'holdfast_backup_age_seconds',
      help: 'Age of what the last verified backup would bring back; none where that is not known.',
      type: 'gauge',
      labels: [],
      read: async () => {
        const value = await age.seconds();
        return value === undefined ? [] : [{ labels: {}, value }];
      },
    });
  }
}
