import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parse } from 'yaml';
import { EXIT } from '@holdfast/core/reasons';
import { backupsIn, isWhole, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { composition } from '../support/compose.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import {
  all,
  CHART,
  charted,
  containerOf,
  environmentOf,
  one,
  schemaFindings,
} from '../support/kubernetes.js';
import { withComponents } from '../support/kubernetes-objects.js';
import { type Environment, execute } from '../support/program.js';
import { startTopology } from '../support/topology.js';
import { isInTheOpen, variableOf } from '../support/variables.js';

const { later, temporaryFolder } = cleanup();

describe('deploy/kubernetes/components/backup', () => {
  it('is what the published schemas take, confined, with secrets as files, and a policy of its own', async () => {
    const objects = withComponents(temporaryFolder(), 'backup');
    expect(await schemaFindings(objects)).toEqual([]);
    const { jobTemplate, concurrencyPolicy } = one(objects, 'CronJob').spec;
    const pod = jobTemplate.spec.template;
    expect(concurrencyPolicy).toBe('Forbid');
    expect(containerOf(pod)).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
    for (const [variable, value] of Object.entries(environmentOf(objects, pod))) {
      expect({ variable, known: variableOf(variable) !== undefined }).toEqual({
        variable,
        known: true,
      });
      expect({ variable, inTheOpen: isInTheOpen(variable) }).toEqual({
        variable,
        inTheOpen: false,
      });
      const mounts = containerOf(pod).volumeMounts.map(({ mountPath }) => mountPath);
      if (value.startsWith('/'))
        expect({ value, mounted: mounts.some((each) => value.startsWith(each)) }).toEqual({
          value,
          mounted: true,
        });
    }
    const { labels } = pod.metadata;
    const own = all(objects, 'NetworkPolicy').filter(({ spec }) =>
      Object.entries(spec.podSelector.matchLabels).every(([name, value]) => labels[name] === value),
    );
    expect(own.map(({ spec }) => [spec.policyTypes, spec.ingress])).toEqual([
      [['Ingress', 'Egress'], []],
    ]);
  });
});

describe('the job of backups', () => {
  it.each([
    ['overlay', () => withComponents(temporaryFolder(), 'backup')],
    ['chart', () => charted(['backup.enabled=true'])],
  ])('makes no second backup of what no second try mends (%s)', (_, objectsOf) => {
    const { spec } = one(objectsOf(), 'CronJob').spec.jobTemplate as unknown as {
      readonly spec: {
        readonly podFailurePolicy: unknown;
        readonly template: { readonly spec: { readonly restartPolicy: string } };
      };
    };
    // It is for pods that nobody starts again alone, and in every cluster from 1.31 on.
    expect(spec.template.spec.restartPolicy).toBe('Never');
    expect(spec.podFailurePolicy).toEqual({
      rules: [
        {
          action: 'FailJob',
          onExitCodes: { containerName: 'backup', operator: 'In', values: [EXIT.configuration] },
        },
      ],
    });
    const { kubeVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as {
      readonly kubeVersion: string;
    };
    expect(kubeVersion).toBe('>=1.31.0-0');
  });
});

describe('the media store of the deployments', () => {
  const MOUNT = '/media';

  it('has its folder in the pods of the service and, read-only, in the job of backups', async () => {
    const objects = withComponents(temporaryFolder(), 'backup', 'media');
    expect(await schemaFindings(objects)).toEqual([]);
    const claim = one(objects, 'CronJob').spec.jobTemplate.spec.template;
    const mounts = [one(objects, 'Deployment').spec.template, claim].map((pod) => {
      expect(environmentOf(objects, pod)).toMatchObject({
        MEDIA_ENABLED: 'true',
        MEDIA_FILES: 'folder',
        MEDIA_ROOT: MOUNT,
        MEDIA_ROOT_DURABLE: 'true',
      });
      const mount = containerOf(pod).volumeMounts.find(({ mountPath }) => mountPath === MOUNT);
      const volume = pod.spec.volumes.find(({ name }) => name === mount?.name);
      return [volume?.persistentVolumeClaim?.claimName, mount?.readOnly === true];
    });
    expect(mounts).toEqual([
      ['holdfast-media', false],
      ['holdfast-media', true],
    ]);
    expect(all(objects, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name)).toContain(
      'holdfast-media',
    );
  });

  it('goes without the job of backups', () => {
    const objects = withComponents(temporaryFolder(), 'media');
    expect(all(objects, 'CronJob')).toEqual([]);
    expect(one(objects, 'Deployment').spec.template.spec.volumes).toContainEqual({
      name: 'media',
      persistentVolumeClaim: { claimName: 'holdfast-media' },
    });
  });

  it('has its volume in the instances of the composition and, read-only, in the service of backups', () => {
    const { services } = composition('/secrets', {}, ['deploy/compose.media.yml']);
    const found = Object.entries(services).flatMap(([name, { environment, volumes = [] }]) =>
      environment?.MEDIA_ENABLED === 'true'
        ? [[name, environment.MEDIA_ROOT, volumes.filter((each) => each.includes(MOUNT))]]
        : [],
    );
    expect(found.toSorted()).toEqual([
      ['app-1', MOUNT, ['media:/media:rw']],
      ['app-2', MOUNT, ['media:/media:rw']],
      ['backup', MOUNT, ['media:/media:ro']],
      ['migrate', MOUNT, []],
    ]);
  });
});

describe('what the deployments have run to back up, as processes', () => {
  it('reads as one role and restores as another, over TLS that is verified, on the roles that are shipped', async () => {
    const {
      secrets,
      postgres,
      environmentOf: given,
    } = await startTopology(later, startInstalledServer);
    const objects = withComponents(temporaryFolder(), 'backup');
    const { template } = one(objects, 'CronJob').spec.jobTemplate.spec;
    const ofPod = Object.fromEntries(
      Object.entries(environmentOf(objects, template)).map(([name, value]) => [
        name,
        value.startsWith('/run/secrets/') ? join(secrets, value.split('/').at(-1) ?? '') : value,
      ]),
    );
    const runs: readonly (readonly [readonly string[], Environment])[] = [
      [composition(secrets).services.backup?.command ?? [], given('backup')],
      [containerOf(template).command ?? [], ofPod],
    ];
    for (const [[program, script, ...words], environment] of runs) {
      expect([program, script]).toEqual(['node', 'dist/cli.js']);
      const out = join(temporaryFolder(), 'backups');
      // One that goes on is tried once.
      const once = words.flatMap((word, at) =>
        word === '--every' || words[at - 1] === '--every' ? [] : [word],
      );
      const ended = await execute('cli.js', once, { ...environment, BACKUP_DIR: out });
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Verified at') });
      const [made = ''] = backupsIn(out);
      expect(isWhole(made)).toBe(true);
      expect(manifestIn(made)).toMatchObject({
        databases: [{ database: 'holdfast', owners: ['holdfast_owner'] }],
      });
      const check = await execute('cli.js', ['check'], { ...environment, BACKUP_DIR: out });
      expect(check).toMatchObject({ code: 0 });
    }
    await restoresWithItsOwners(postgres.url, secrets, runs[0]?.[1] ?? {});
  });
});

/** A restore by an administrator gives each role back what it had. */
async function restoresWithItsOwners(
  superuser: string,
  secrets: string,
  environment: Environment,
): Promise<void> {
  const out = join(temporaryFolder(), 'backups');
  const settings = { ...environment, BACKUP_DIR: out };
  expect(await execute('cli.js', ['backup'], settings)).toMatchObject({ code: 0 });
  const client = new pg.Client({ connectionString: superuser });
  await client.connect();
  await client.query('CREATE DATABASE again OWNER holdfast_owner');
  await client.end();
  const file = join(secrets, '..', 'again');
  writeFileSync(file, new URL('/again', superuser).href);
  const [made = ''] = backupsIn(out);
  const restored = await execute(
    'cli.js',
    ['restore', made, '--into-file', file, '--json'],
    settings,
  );
  expect(restored).toMatchObject({ code: 0 });
  expect(JSON.parse(restored.stdout)).toMatchObject({
    notes: [
      // That database was made without the lines of deploy/provision.sql for it.
      'RESTORE_RIGHTS_DIFFER: database: +PUBLIC CONNECT, +PUBLIC TEMPORARY, -holdfast_app CONNECT, -holdfast_backup CONNECT, -holdfast_readonly CONNECT',
      expect.stringContaining('identity accept'),
    ],
  });
  const again = new pg.Client({ connectionString: new URL('/again', superuser).href });
  await again.connect();
  try {
    const { rows } = await again.query(
      `SELECT DISTINCT tableowner, has_table_privilege('holdfast_app', 'proposal_records', 'INSERT') AS serves
         FROM pg_tables WHERE schemaname = 'public'`,
    );
    expect(rows).toEqual([{ tableowner: 'holdfast_owner', serves: true }]);
  } finally {
    await again.end();
  }
}
