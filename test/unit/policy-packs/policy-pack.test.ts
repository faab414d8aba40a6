import { describe, expect, it } from '@jest/globals';
import {
  createPack,
  effectivePolicies,
  type PackContent,
  type Preconditions,
  replacePack,
  requirePreconditions,
  hasContent,
} from '../../../src/stores/policy-packs/policy-pack.js';

const AT = '2026-11-21T12:00:00.000Z';
const LATER = '2026-11-21T13:00:00.000Z';

const CONTENT: PackContent = {
  appliesTo: 'TENANT',
  targetId: 'tenant-1',
  version: '2026.11',
  definition: { tax_policy: { enabled: true, max_realized_capital_gains: 5 } },
};

const pack = (content: Partial<PackContent> = {}, nonce = 'n', id = 'pack') =>
  createPack(id, { ...CONTENT, ...content }, { at: AT, nonce });

const sized = (bytes: number): PackContent => {
  const around = JSON.stringify({ settlement_policy: { max_overdraft_by_ccy: { '': 0 } } }).length;
  const name = 'é'.repeat(Math.floor((bytes - around) / 2)) + 'x'.repeat((bytes - around) % 2);
  return { ...CONTENT, definition: { settlement_policy: { max_overdraft_by_ccy: { [name]: 0 } } } };
};

describe('a policy pack', () => {
  it('begins with revision 1', () => {
    expect(pack()).toEqual({
      policyPackId: 'pack',
      ...CONTENT,
      revision: 1,
      entityTag: expect.stringMatching(/^1-[0-9a-f]{16}$/),
      createdAt: AT,
      updatedAt: AT,
    });
  });

  it('is replaced but for its name and its beginning', () => {
    const content: PackContent = { ...CONTENT, appliesTo: 'DEFAULT', targetId: null, version: '2' };
    const before = replacePack(pack(), CONTENT, { at: AT, nonce: 'n2' });
    expect(replacePack(before, content, { at: LATER, nonce: 'n3' })).toEqual({
      policyPackId: 'pack',
      ...content,
      revision: 3,
      entityTag: expect.stringMatching(/^3-[0-9a-f]{16}$/),
      createdAt: AT,
      updatedAt: LATER,
    });
  });

  it('keeps nothing of what it is given beyond its content', () => {
    const given = { ...pack(), extra: 1 };
    expect(replacePack(pack(), given, { at: LATER, nonce: 'n' })).toEqual({
      ...pack(),
      revision: 2,
      entityTag: expect.stringMatching(/^2-/),
      updatedAt: LATER,
    });
  });

  it('has a tag of its own for each state', () => {
    const act = { at: AT, nonce: 'n' };
    const states = [
      pack(),
      pack({}, 'other nonce'),
      pack({}, 'n', 'other'),
      pack({ version: '2' }),
      pack({ appliesTo: 'PORTFOLIO' }),
      pack({ targetId: 'tenant-2' }),
      pack({ definition: {} }),
      createPack('pack', CONTENT, { ...act, at: LATER }),
      replacePack(pack(), CONTENT, act),
      replacePack(replacePack(pack(), CONTENT, act), CONTENT, act),
    ].map(({ entityTag }) => entityTag.replace(/^\d+-/, ''));
    expect(new Set(states).size).toBe(states.length);
    expect(pack().entityTag).toBe(pack().entityTag);
  });

  it('takes a definition of 64 KiB and no more, counted in UTF-8', () => {
    for (const bytes of [64 * 1024 - 1, 64 * 1024]) {
      const content = sized(bytes);
      expect(Buffer.byteLength(JSON.stringify(content.definition))).toBe(bytes);
      expect(pack(content).definition).toEqual(content.definition);
    }
    const content = sized(64 * 1024 + 1);
    const refusal = expect.objectContaining({ code: 'POLICY_DEFINITION_TOO_LARGE' });
    expect(() => pack(content)).toThrow(refusal);
    expect(() => replacePack(pack(), content, { at: AT, nonce: 'n' })).toThrow(refusal);
  });

  it('has the same content whatever the order of the names, and nothing else', () => {
    const reordered = { tax_policy: { max_realized_capital_gains: 5, enabled: true } };
    expect(hasContent(pack(), CONTENT)).toBe(true);
    expect(hasContent(pack(), { ...CONTENT, definition: reordered })).toBe(true);
    const others: readonly Partial<PackContent>[] = [
      { appliesTo: 'PORTFOLIO' },
      { targetId: 'tenant-2' },
      { targetId: null },
      { version: '2026.12' },
      { definition: {} },
      { definition: { tax_policy: { enabled: false, max_realized_capital_gains: 5 } } },
    ];
    for (const other of others) expect(hasContent(pack(), { ...CONTENT, ...other })).toBe(false);
  });
});

describe('the conditions of a write', () => {
  const before = pack();
  const names = (...tags: readonly string[]) => {
    return (tag: string | null) => tag !== null && tags.includes(tag);
  };
  const mine = names(before.entityTag);
  const other = names('other');

  it.each<[string, typeof before | null, Preconditions, string | null]>([
    ['nothing is there, no condition', null, {}, null],
    ['nothing is there, If-Match', null, { ifMatch: mine }, 'POLICY_PACK_CHANGED'],
    ['nothing is there, If-None-Match', null, { ifNoneMatch: mine }, null],
    ['a pack, no condition', before, {}, 'PRECONDITION_REQUIRED'],
    ['a pack, If-Match with its tag', before, { ifMatch: mine }, null],
    ['a pack, If-Match with another', before, { ifMatch: other }, 'POLICY_PACK_CHANGED'],
    ['a pack, If-None-Match with its tag', before, { ifNoneMatch: mine }, 'POLICY_PACK_EXISTS'],
    [
      'a pack, If-None-Match with another only',
      before,
      { ifNoneMatch: other },
      'PRECONDITION_REQUIRED',
    ],
    ['a pack, both, both met', before, { ifMatch: mine, ifNoneMatch: other }, null],
    [
      'a pack, both, If-None-Match not met',
      before,
      { ifMatch: mine, ifNoneMatch: mine },
      'POLICY_PACK_EXISTS',
    ],
    [
      'a pack, both, none met: If-Match is judged first',
      before,
      { ifMatch: other, ifNoneMatch: mine },
      'POLICY_PACK_CHANGED',
    ],
  ])('%s', (_, found, conditions, code) => {
    const judged = () => {
      requirePreconditions(found, conditions);
    };
    if (code === null) expect(judged).not.toThrow();
    else expect(judged).toThrow(expect.objectContaining({ code }));
  });
});

describe('effective policies', () => {
  const gate = (enable_workflow_gates: boolean) => ({ workflow_policy: { enable_workflow_gates } });
  const byDefault = pack(
    {
      appliesTo: 'DEFAULT',
      targetId: null,
      definition: { ...gate(true), turnover_policy: { max_turnover_pct: 10 } },
    },
    'n',
    'zero',
  );
  const tenant = pack(
    { definition: { ...gate(false), tax_policy: { enabled: true } } },
    'n',
    'one',
  );
  const portfolio = pack(
    { appliesTo: 'PORTFOLIO', targetId: 'p', definition: { tax_policy: { enabled: false } } },
    'n',
    'two',
  );

  it('are nothing without packs', () => {
    expect(effectivePolicies([])).toEqual({ policies: {}, sources: [], fieldSources: new Map() });
  });

  it.each([
    [[byDefault, tenant, portfolio]],
    [[portfolio, byDefault, tenant]],
    [[tenant, portfolio, byDefault]],
  ])('put the portfolio before the tenant, and the tenant before the default', (packs) => {
    expect(effectivePolicies(packs)).toEqual({
      policies: {
        tax_policy: { enabled: false },
        workflow_policy: { enable_workflow_gates: false },
        turnover_policy: { max_turnover_pct: 10 },
      },
      sources: [portfolio, tenant, byDefault],
      fieldSources: new Map([
        ['tax_policy.enabled', 'two'],
        ['workflow_policy.enable_workflow_gates', 'one'],
        ['turnover_policy.max_turnover_pct', 'zero'],
      ]),
    });
  });

  it('name a pack as a source that decides nothing', () => {
    const silent = pack({ definition: {} });
    expect(effectivePolicies([byDefault, silent])).toMatchObject({
      policies: byDefault.definition,
      sources: [silent, byDefault],
    });
  });
});
