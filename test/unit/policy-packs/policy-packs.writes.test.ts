import { beforeEach, describe, expect, it } from '@jest/globals';
import type { PackContent } from '../../../src/stores/policy-packs/policy-pack.js';
import { MemoryPolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.memory.js';
import { PolicyPacksService } from '../../../src/stores/policy-packs/policy-packs.service.js';
import { readIfMatch } from '@holdfast/nest/http/entity-tag';

const DEFAULT: PackContent = { appliesTo: 'DEFAULT', targetId: null, version: '1', definition: {} };
const forPortfolio = (targetId: string): PackContent => ({
  ...DEFAULT,
  appliesTo: 'PORTFOLIO',
  targetId,
});

let service: PolicyPacksService;
beforeEach(() => {
  service = new PolicyPacksService(new MemoryPolicyPackRepository());
});

describe('put', () => {
  it('tells a pack that it has made from one that it has replaced or left alone', async () => {
    const first = await service.put('pack', DEFAULT, {});
    expect(first).toMatchObject({ created: true, pack: { policyPackId: 'pack', revision: 1 } });
    const ifMatch = readIfMatch('*');
    const second = await service.put('pack', { ...DEFAULT, version: '2' }, { ifMatch });
    expect(second).toMatchObject({ created: false, pack: { version: '2', revision: 2 } });
    const third = await service.put('pack', { ...DEFAULT, version: '2' }, { ifMatch });
    expect(third).toEqual(second);
    expect(await service.get('pack')).toEqual(second.pack);
  });

  it.each([
    ['applies_to', DEFAULT],
    ['target_id', forPortfolio('portfolio')],
  ])('names %s when the target is taken', async (path, content) => {
    await service.put('holder', content, {});
    await expect(service.put('pack', content, {})).rejects.toMatchObject({
      code: 'POLICY_PACK_TARGET_TAKEN',
      errors: [{ path, message: 'is taken by another policy pack' }],
    });
  });
});

describe('reading', () => {
  it('names the next page only when there is one', async () => {
    for (const id of ['1', '2', '3']) await service.put(id, forPortfolio(id), {});
    const first = await service.list({}, 2);
    expect([first.items.length, first.next]).toEqual([2, first.items[1]]);
    const { createdAt = '', policyPackId = '' } = first.next ?? {};
    const second = await service.list({}, 2, { createdAt, id: policyPackId });
    expect([second.items.length, second.next]).toEqual([1, null]);
    const all = await service.list({}, 3);
    expect([all.items.length, all.next]).toEqual([3, null]);
  });

  it('finds the policies of a portfolio', async () => {
    const definition = { tax_policy: { enabled: true } };
    await service.put('default', DEFAULT, {});
    await service.put('own', { ...forPortfolio('portfolio'), definition }, {});
    const policies = await service.effective('portfolio', null);
    expect(policies).toEqual(await service.effective('portfolio', 'tenant'));
    expect(JSON.stringify(policies)).toContain('own');
    expect(JSON.stringify(await service.effective('another', null))).not.toContain('own');
  });

  it('finds no pack that is not there', async () => {
    await expect(service.get('none')).rejects.toMatchObject({ code: 'POLICY_PACK_NOT_FOUND' });
  });
});
