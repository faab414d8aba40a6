import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  dotted,
  mergeDefinitions,
  type PolicyDefinition,
} from '../../../src/stores/policy-packs/policy-definition.js';

const merged = (...definitions: readonly PolicyDefinition[]) => {
  const { definition, origins } = mergeDefinitions(definitions);
  return { definition, origins: Object.fromEntries(origins) };
};

describe('merging definitions', () => {
  it('makes nothing of nothing', () => {
    expect(merged()).toEqual({ definition: {}, origins: {} });
    expect(merged({}, {})).toEqual({ definition: {}, origins: {} });
  });

  it('takes each leaf from the first definition that has it', () => {
    expect(
      merged(
        { tax_policy: { enabled: false } },
        { tax_policy: { enabled: true, max_realized_capital_gains: 5 } },
        {
          tax_policy: { enabled: true, max_realized_capital_gains: 6 },
          turnover_policy: { max_turnover_pct: 7 },
        },
      ),
    ).toEqual({
      definition: {
        tax_policy: { enabled: false, max_realized_capital_gains: 5 },
        turnover_policy: { max_turnover_pct: 7 },
      },
      origins: {
        'tax_policy.enabled': 0,
        'tax_policy.max_realized_capital_gains': 1,
        'turnover_policy.max_turnover_pct': 2,
      },
    });
  });

  it('lets false and zero win as any other value does', () => {
    const low = { workflow_policy: { enable_workflow_gates: true } };
    const high = { workflow_policy: { enable_workflow_gates: false } };
    expect(merged(high, low).definition).toEqual(high);
    expect(merged(low, high).definition).toEqual(low);
    const zero = { turnover_policy: { max_turnover_pct: 0 } };
    expect(merged(zero, { turnover_policy: { max_turnover_pct: 100 } }).definition).toEqual(zero);
  });

  it('merges maps by key', () => {
    expect(
      merged(
        {
          settlement_policy: { max_overdraft_by_ccy: { USD: 1 } },
          constraint_policy: { group_constraints: { tech: { max_weight: 0.1 } } },
        },
        {
          settlement_policy: { max_overdraft_by_ccy: { USD: 2, EUR: 3 } },
          constraint_policy: {
            group_constraints: { tech: { max_weight: 0.2 }, energy: { max_weight: 0.3 } },
          },
        },
      ),
    ).toEqual({
      definition: {
        settlement_policy: { max_overdraft_by_ccy: { USD: 1, EUR: 3 } },
        constraint_policy: {
          group_constraints: { tech: { max_weight: 0.1 }, energy: { max_weight: 0.3 } },
        },
      },
      origins: {
        'settlement_policy.max_overdraft_by_ccy.USD': 0,
        'settlement_policy.max_overdraft_by_ccy.EUR': 1,
        'constraint_policy.group_constraints.tech.max_weight': 0,
        'constraint_policy.group_constraints.energy.max_weight': 1,
      },
    });
  });

  it('leaves out what holds no leaf', () => {
    const empty = { tax_policy: {}, settlement_policy: { max_overdraft_by_ccy: {} } };
    expect(merged(empty)).toEqual({ definition: {}, origins: {} });
    expect(merged(empty, { tax_policy: { enabled: true } }).definition).toEqual({
      tax_policy: { enabled: true },
    });
  });

  it('tells names with dots in them apart', () => {
    const groups = { 'a.b': { max_weight: 0.1 }, 'a\\.b': { max_weight: 0.2 } };
    const { definition, origins } = merged({ constraint_policy: { group_constraints: groups } });
    expect(definition).toEqual({ constraint_policy: { group_constraints: groups } });
    expect(Object.keys(origins)).toEqual([
      'constraint_policy.group_constraints.a\\.b.max_weight',
      'constraint_policy.group_constraints.a\\\\\\.b.max_weight',
    ]);
    expect(dotted(['a', 'b.c', 'd\\'])).toBe('a.b\\.c.d\\\\');
  });

  it('takes names that every object has for names', () => {
    const groups = (max_weight: number) => ({
      constraint_policy: {
        group_constraints: Object.fromEntries(
          ['constructor', 'toString', '__proto__', 'hasOwnProperty'].map((name) => [
            name,
            { max_weight },
          ]),
        ),
      },
    });
    const { definition } = merged(groups(0.1), groups(0.2));
    expect(JSON.stringify(definition)).toBe(JSON.stringify(groups(0.1)));
    expect(JSON.stringify(merged({}, groups(0.3)).definition)).toBe(JSON.stringify(groups(0.3)));
  });

  it('changes nothing that it is given', () => {
    const given = [{ tax_policy: { enabled: true } }, { tax_policy: { enabled: false } }];
    const copy = structuredClone(given);
    mergeDefinitions(given);
    expect(given).toEqual(copy);
  });

  it('of any definitions is leaf by leaf what the first one says', () => {
    const share = fc.constantFrom(0, 0.5, 1);
    const definition: fc.Arbitrary<PolicyDefinition> = fc.record(
      {
        turnover_policy: fc.record({ max_turnover_pct: share }, { requiredKeys: [] }),
        constraint_policy: fc.record(
          {
            single_position_max_weight: share,
            group_constraints: fc.dictionary(
              fc.constantFrom('a', 'a.b', 'b', 'constructor'),
              fc.record({ max_weight: share }),
            ),
          },
          { requiredKeys: [] },
        ),
        workflow_policy: fc.record(
          { enable_workflow_gates: fc.boolean(), workflow_requires_client_consent: fc.boolean() },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(definition, { maxLength: 4 }), (definitions) => {
        const result = mergeDefinitions(definitions);
        const wanted = new Map<string, readonly [number, unknown]>();
        for (const [index, each] of definitions.entries()) {
          for (const [path, value] of leaves(each)) {
            if (!wanted.has(path)) wanted.set(path, [index, value]);
          }
        }
        expect(new Map(leaves(result.definition))).toEqual(
          new Map([...wanted].map(([path, [, value]]) => [path, value])),
        );
        expect(result.origins).toEqual(
          new Map([...wanted].map(([path, [index]]) => [path, index])),
        );
      }),
    );
  });
});

/** Written down a second time, without recursion: a stack of what is still to be looked into. */
function leaves(definition: PolicyDefinition): readonly (readonly [string, unknown])[] {
  const found: (readonly [string, unknown])[] = [];
  const open: (readonly [string, unknown])[] = [['', definition]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [path, value] = next;
    if (typeof value !== 'object' || value === null) found.push([path.slice(1), value]);
    else {
      for (const [name, child] of Object.entries(value)) {
        open.push([`${path}.${name.replaceAll('.', '\\.')}`, child]);
      }
    }
  }
  return found;
}
