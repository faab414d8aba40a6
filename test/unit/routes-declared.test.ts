import { describe, expect, it } from '@jest/globals';
import { accessOf, routesOf } from '@holdfast/nest/auth/access';
import { DocsModule } from '@holdfast/nest/http/docs.module';
import { HealthModule } from '@holdfast/nest/health/health.module';
import { RootModule } from '@holdfast/nest/status/root.module';
import { StatusModule } from '@holdfast/nest/status/status.module';
import { registeredStores } from '../../src/stores/registry.js';

/** As CONTRACT.md writes them: what, and what is done with it. */
const SCOPE = /^[a-z][a-z-]*:(read|write|approve|admin)$/;

type Controllers = readonly NewableFunction[];

async function controllers(): Promise<Controllers> {
  const all = [...of(HealthModule), ...of(DocsModule), ...of(StatusModule), ...of(RootModule)];
  for (const store of registeredStores) {
    const module = await store.module();
    const binding = { store: store.name, backend: 'IN_MEMORY' } as const;
    all.push(...((module.register(binding).controllers ?? []) as Controllers));
    const whenOff = await store.moduleWhenOff?.();
    if (whenOff) all.push(...of(whenOff));
  }
  return all;
}

function of(module: NewableFunction): Controllers {
  return Reflect.getMetadata('controllers', module) as Controllers;
}

const routes = (await controllers()).flatMap((controller) =>
  routesOf(controller).map((handler) => ({
    name: `${controller.name}.${handler.name}`,
    access: accessOf(handler),
  })),
);

describe('every route', () => {
  it('is found', () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
  });

  it.each(routes)(
    '$name says who may ask for it, by a scope in the form of the contract',
    ({ access }) => {
      expect(access).toBeDefined();
      if (access && 'scope' in access) expect(access.scope).toMatch(SCOPE);
    },
  );

  it('is for everybody only where a probe, the version, a photo under its password or a public file is', () => {
    const open = routes.filter(({ access }) => access?.kind === 'probe').map(({ name }) => name);
    expect(open).toEqual([
      'HealthController.live',
      'HealthController.ready',
      'HealthController.readyAlone',
      'HealthController.startup',
      'HealthController.version',
      'RootController.lead',
    ]);
    const everybody = routes.filter(({ access }) => access?.kind === 'public');
    expect(everybody.map(({ name }) => name).sort()).toEqual([
      'GalleryController.gallery',
      'IngestController.ingest',
      'ResultsController.providerFile',
      'ResultsController.result',
    ]);
  });
});
