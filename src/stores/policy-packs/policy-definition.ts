/** What a policy pack decides, as its author wrote it. A part or a field that is absent decides nothing. */
export interface PolicyDefinition {
  readonly turnover_policy?: { readonly max_turnover_pct?: number };
  readonly tax_policy?: {
    readonly enabled?: boolean;
    readonly max_realized_capital_gains?: number;
  };
  readonly settlement_policy?: {
    readonly enabled?: boolean;
    readonly settlement_horizon_days?: number;
    /** By currency. */
    readonly max_overdraft_by_ccy?: Readonly<Record<string, number>>;
  };
  readonly constraint_policy?: {
    readonly single_position_max_weight?: number;
    /** By name of the group. */
    readonly group_constraints?: Readonly<Record<string, { readonly max_weight: number }>>;
  };
  readonly workflow_policy?: {
    readonly enable_workflow_gates?: boolean;
    readonly workflow_requires_client_consent?: boolean;
    readonly client_consent_already_obtained?: boolean;
  };
  readonly idempotency_policy?: { readonly replay_enabled?: boolean };
}

/** Largest definition in bytes, as JSON in UTF-8 without blanks: a page of packs stays bounded. */
export const DEFINITION_LIMIT_BYTES = 64 * 1024;

/** One decision, and the names that lead to it. */
interface Leaf {
  readonly path: readonly string[];
  readonly value: number | boolean;
}

type Node = Leaf['value'] | { readonly [name: string]: Node };

/** Definitions as one. */
export interface Merged {
  readonly definition: PolicyDefinition;
  /** Index of the definition that decided, by dotted path of each leaf. */
  readonly origins: ReadonlyMap<string, number>;
}

/**
 * Merges leaf by leaf: each leaf is the first definition's that has it, and maps merge by key. What
 * holds no leaf, such as an empty map, is left out.
 * @param definitions highest precedence first
 */
export function mergeDefinitions(definitions: readonly PolicyDefinition[]): Merged {
  const leaves = new Map<string, Leaf>();
  const origins = new Map<string, number>();
  for (const [index, definition] of definitions.entries()) {
    for (const leaf of leavesOf(definition as Node)) {
      const path = dotted(leaf.path);
      if (leaves.has(path)) continue;
      leaves.set(path, leaf);
      origins.set(path, index);
    }
  }
  return { definition: grow([...leaves.values()], 0) as PolicyDefinition, origins };
}

/** Names joined by dots; a dot or a backslash inside a name gets a backslash before it. */
export function dotted(path: readonly string[]): string {
  return path.map((name) => name.replace(/[.\\]/g, '\\$&')).join('.');
}

function leavesOf(node: Node, path: readonly string[] = []): readonly Leaf[] {
  if (typeof node !== 'object') return [{ path, value: node }];
  return Object.entries(node).flatMap(([name, child]) => leavesOf(child, [...path, name]));
}

/** `Object.fromEntries` gives every name an own property, whatever objects inherit by that name. */
function grow(leaves: readonly Leaf[], depth: number): Node {
  const groups = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const name = leaf.path[depth] ?? '';
    const group = groups.get(name);
    if (group) group.push(leaf);
    else groups.set(name, [leaf]);
  }
  return Object.fromEntries(
    [...groups].map(([name, group]) => {
      const [first] = group;
      return [name, first?.path.length === depth + 1 ? first.value : grow(group, depth + 1)];
    }),
  );
}
