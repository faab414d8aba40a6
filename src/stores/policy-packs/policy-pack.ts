import { ReasonError } from './policy-packs.reasons.js';
import type { Instant } from '@holdfast/core/instant';
import { hashJson } from '@holdfast/core/json';
import type { Position } from '@holdfast/core/page';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { PolicyPackEntity } from './policy-pack.entity.js';
import {
  DEFINITION_LIMIT_BYTES,
  mergeDefinitions,
  type PolicyDefinition,
} from './policy-definition.js';

/** What a pack may apply to, highest precedence first. */
export const SCOPES = ['PORTFOLIO', 'TENANT', 'DEFAULT'] as const;

export type Scope = (typeof SCOPES)[number];

export type PolicyPack = RecordOf<typeof PolicyPackEntity>;

/** What an author writes. */
export type PackContent = Pick<PolicyPack, 'appliesTo' | 'targetId' | 'version' | 'definition'>;

/** When a write happens, and what sets it apart from any other. */
export interface Act {
  readonly at: Instant;
  readonly nonce: string;
}

/** Judges the tag of what is there; null when nothing is. */
type TagTest = (tag: string | null) => boolean;

/** Under which conditions a caller wants to write. */
export interface Preconditions {
  readonly ifMatch?: TagTest | undefined;
  readonly ifNoneMatch?: TagTest | undefined;
}

/** Which packs decide for a portfolio, and what they decide together. */
export interface EffectivePolicies {
  readonly policies: PolicyDefinition;
  /** Highest precedence first; also those that decide nothing here. */
  readonly sources: readonly PolicyPack[];
  /** `policyPackId` by dotted path of each leaf. */
  readonly fieldSources: ReadonlyMap<string, string>;
}

/** @throws POLICY_DEFINITION_TOO_LARGE */
export function createPack(policyPackId: string, content: PackContent, act: Act): PolicyPack {
  return sealed({ policyPackId, createdAt: act.at, revision: 1 }, content, act);
}

/**
 * The next revision of a pack, with all of its content replaced.
 * @throws POLICY_DEFINITION_TOO_LARGE
 */
export function replacePack(before: PolicyPack, content: PackContent, act: Act): PolicyPack {
  const { policyPackId, createdAt, revision } = before;
  return sealed({ policyPackId, createdAt, revision: revision + 1 }, content, act);
}

/** Whether a pack already says this; the order of names means nothing. */
export function hasContent(pack: PolicyPack, content: PackContent): boolean {
  return hashJson(contentOf(pack)) === hashJson(contentOf(content));
}

/**
 * A write that goes against its conditions, or that could undo what its caller has not seen.
 * @throws POLICY_PACK_CHANGED, POLICY_PACK_EXISTS, PRECONDITION_REQUIRED
 */
export function requirePreconditions(
  before: PolicyPack | null,
  { ifMatch, ifNoneMatch }: Preconditions,
): void {
  const tag = before?.entityTag ?? null;
  if (ifMatch?.(tag) === false) throw new ReasonError('POLICY_PACK_CHANGED');
  if (ifNoneMatch?.(tag)) throw new ReasonError('POLICY_PACK_EXISTS');
  if (before && !ifMatch) throw new ReasonError('PRECONDITION_REQUIRED');
}

/** @param packs those that apply, in any order */
export function effectivePolicies(packs: readonly PolicyPack[]): EffectivePolicies {
  const sources = packs.toSorted(
    (one, other) => SCOPES.indexOf(one.appliesTo) - SCOPES.indexOf(other.appliesTo),
  );
  const { definition, origins } = mergeDefinitions(sources.map((pack) => pack.definition));
  return {
    policies: definition,
    sources,
    fieldSources: new Map(
      [...origins].map(([path, index]) => [path, sources[index]?.policyPackId ?? '']),
    ),
  };
}

/** Where a pack stands in a list. */
export function positionOf({ createdAt, policyPackId }: PolicyPack): Position {
  return { createdAt, id: policyPackId };
}

function sealed(
  fixed: Pick<PolicyPack, 'policyPackId' | 'createdAt' | 'revision'>,
  given: PackContent,
  { at, nonce }: Act,
): PolicyPack {
  const content = contentOf(given);
  if (Buffer.byteLength(JSON.stringify(content.definition)) > DEFINITION_LIMIT_BYTES) {
    throw new ReasonError('POLICY_DEFINITION_TOO_LARGE');
  }
  const pack = { ...fixed, ...content, updatedAt: at };
  const hash = hashJson({ ...pack, nonce }).slice(0, 16);
  return { ...pack, entityTag: `${fixed.revision}-${hash}` };
}

function contentOf({ appliesTo, targetId, version, definition }: PackContent): PackContent {
  return { appliesTo, targetId, version, definition };
}
