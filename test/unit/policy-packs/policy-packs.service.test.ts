import { describe, expect, it } from '@jest/globals';
import { readIfMatch, readIfNoneMatch } from '@holdfast/nest/http/entity-tag';
import {
  createPack,
  type PackContent,
  type PolicyPack,
  replacePack,
} from '../../../src/stores/policy-packs/policy-pack.js';
import { MemoryPolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.memory.js';
import { PolicyPacksService } from '../../../src/stores/policy-packs/policy-packs.service.js';

const at = '2026-11-21T12:00:00.000Z';
const content = (version: string, targetId = 'portfolio-1'): PackContent => ({
  appliesTo: 'PORTFOLIO',
  targetId,
  version,
  definition: {},
});

/** Lets another caller in after each look at the catalogue. */
class Busy extends MemoryPolicyPackRepository {
  looks = 0;

  constructor(private readonly meanwhile: (found: PolicyPack | null, look: number) => unknown) {
    super();
  }

  override async find(policyPackId: string): Promise<PolicyPack | null> {
    const found = await super.find(policyPackId);
    this.looks += 1;
    await this.meanwhile(found, this.looks);
    return found;
  }
}

/** A service on a catalogue in which someone else writes while the service decides. */
function busy(times: number, write: (packs: Busy, found: PolicyPack | null) => Promise<unknown>) {
  const packs: Busy = new Busy((found, look) => (look <= times ? write(packs, found) : undefined));
  return { packs, service: new PolicyPacksService(packs) };
}

let serial = 0;
const act = () => ({ at, nonce: String((serial += 1)) });
const createAnother = (packs: Busy) => packs.create(createPack('pack', content('other'), act()));
const replaceAnother = async (packs: Busy, found: PolicyPack | null) =>
  found &&
  packs.replace(replacePack(found, content(`other-${packs.looks}`), act()), found.entityTag);
const removeAnother = async (packs: Busy, found: PolicyPack | null) =>
  found && packs.remove('pack', found.entityTag);

const refusal = (code: string) => expect.objectContaining({ code });
const anyPack = { ifMatch: readIfMatch('*') };
const nonePack = { ifNoneMatch: readIfNoneMatch('*') };

describe('a write that is overtaken is judged anew', () => {
  it('a create without conditions meets a pack that it has not seen', async () => {
    const { service } = busy(1, createAnother);
    await expect(service.put('pack', content('mine'), {})).rejects.toThrow(
      refusal('PRECONDITION_REQUIRED'),
    );
  });

  it('a create only meets a pack', async () => {
    const { service } = busy(1, createAnother);
    await expect(service.put('pack', content('mine'), nonePack)).rejects.toThrow(
      refusal('POLICY_PACK_EXISTS'),
    );
  });

  it('a replacement of one state meets another', async () => {
    const { packs, service } = busy(1, replaceAnother);
    const first = createPack('pack', content('first'), act());
    await packs.create(first);
    const conditions = { ifMatch: readIfMatch(`"${first.entityTag}"`) };
    await expect(service.put('pack', content('mine'), conditions)).rejects.toThrow(
      refusal('POLICY_PACK_CHANGED'),
    );
    expect(await service.get('pack')).toMatchObject({ version: 'other-1', revision: 2 });
  });

  it('a replacement of one state meets none', async () => {
    const { packs, service } = busy(1, removeAnother);
    const first = createPack('pack', content('first'), act());
    await packs.create(first);
    const conditions = { ifMatch: readIfMatch(`"${first.entityTag}"`) };
    await expect(service.put('pack', content('mine'), conditions)).rejects.toThrow(
      refusal('POLICY_PACK_CHANGED'),
    );
  });

  it('a replacement of whatever is there comes through in the end', async () => {
    const { packs, service } = busy(19, replaceAnother);
    await packs.create(createPack('pack', content('first'), act()));
    const { pack, created } = await service.put('pack', content('mine'), anyPack);
    expect({ pack, created }).toMatchObject({
      pack: { version: 'mine', revision: 21 },
      created: false,
    });
    expect(packs.looks).toBe(20);
  });

  it('and is given up when others keep being faster', async () => {
    const { packs, service } = busy(1000, replaceAnother);
    await packs.create(createPack('pack', content('first'), act()));
    await expect(service.put('pack', content('mine'), anyPack)).rejects.toThrow(
      expect.objectContaining({
        code: 'RECORD_CONTENDED',
        message: 'other processes kept changing the pack',
      }),
    );
    expect(packs.looks).toBe(20);
  });

  it('a removal of one state meets another', async () => {
    const { packs, service } = busy(1, replaceAnother);
    const first = createPack('pack', content('first'), act());
    await packs.create(first);
    const conditions = { ifMatch: readIfMatch(`"${first.entityTag}"`) };
    await expect(service.remove('pack', conditions)).rejects.toThrow(
      refusal('POLICY_PACK_CHANGED'),
    );
  });

  it('a removal of whatever is there comes through in the end', async () => {
    const { packs, service } = busy(3, replaceAnother);
    await packs.create(createPack('pack', content('first'), act()));
    await service.remove('pack', anyPack);
    await expect(service.get('pack')).rejects.toThrow(refusal('POLICY_PACK_NOT_FOUND'));
  });

  it('what says the same already is left alone, however often it is said', async () => {
    const { packs, service } = busy(0, createAnother);
    const { pack } = await service.put('pack', content('mine'), {});
    for (let times = 0; times < 3; times += 1) {
      expect(await service.put('pack', content('mine'), anyPack)).toEqual({ pack, created: false });
    }
    expect(await packs.find('pack')).toEqual(pack);
  });

  it('two creations of one name at once never have one tag', async () => {
    const tags = await Promise.all(
      [1, 2].map(async () => {
        const { service } = busy(0, createAnother);
        return (await service.put('pack', content('mine'), {})).pack.entityTag;
      }),
    );
    expect(new Set(tags).size).toBe(2);
  });
});
