import { expect } from '@jest/globals';
import { expectSame, type Query, send, type Subject, type Write } from './subject.js';

const CATALOG = '/rebalance/policies/catalog';
const REFUSALS = ['412 POLICY_PACK_CHANGED', '412 POLICY_PACK_EXISTS', '428 PRECONDITION_REQUIRED'];

interface Pack {
  readonly policy_pack_id: string;
  readonly version: string;
  readonly revision: number;
}

interface PackRow extends Pack {
  readonly entity_tag: string;
}

/** A state of a pack that an answer has named. */
interface State {
  readonly tag: string;
  readonly revision: number;
  readonly version: string;
  readonly packId: string;
}

/** A few packs that compete for a few targets; a tag lets one writer through. */
export class PolicyPacks implements Subject {
  readonly #states: State[] = [];
  /** Tags that an acknowledged write has replaced or deleted. */
  readonly #used: string[] = [];

  async write(write: Write): Promise<void> {
    const packId = `pack-${write.random.below(4)}`;
    const latest = this.#states.findLast((state) => state.packId === packId);
    const headers: Record<string, string> = {};
    const given = latest && !write.random.oneIn(6) ? latest : undefined;
    if (given) headers['if-match'] = `"${given.tag}"`;
    else if (write.random.oneIn(2)) headers['if-none-match'] = '*';
    if (write.random.oneIn(5)) return this.#remove(write, packId, headers, given);
    return this.#put(write, packId, headers, given);
  }

  async check(query: Query): Promise<void> {
    expect(new Set(this.#used).size).toBe(this.#used.length);
    const rows = await query<PackRow>('SELECT * FROM policy_packs');
    const left = this.#states.filter(({ tag }) => !this.#used.includes(tag));
    expectSame(
      rows.map(({ entity_tag }) => entity_tag),
      left.map(({ tag }) => tag),
    );
    for (const { tag, revision, version, packId } of left) {
      expect(rows.find((row) => row.policy_pack_id === packId)).toMatchObject({
        entity_tag: tag,
        revision,
        version,
      });
    }
  }

  async #put(
    write: Write,
    packId: string,
    headers: Record<string, string>,
    given: State | undefined,
  ): Promise<void> {
    const body = {
      applies_to: 'PORTFOLIO',
      target_id: `target-${write.random.below(5)}`,
      version: write.id,
      definition: {},
    };
    const reply = await send<Pack>(write, ['PUT', `${CATALOG}/${packId}`], { headers, body }, [
      '201',
      '200',
      '409 POLICY_PACK_TARGET_TAKEN',
      ...REFUSALS,
    ]);
    if (!reply.acknowledged) return;
    const { revision, version } = reply.body;
    expect([revision, version]).toEqual([given ? given.revision + 1 : 1, write.id]);
    expect(reply.outcome).toBe(given ? '200' : '201');
    if (given) this.#used.push(given.tag);
    const tag = (reply.headers.get('etag') ?? '').slice(1, -1);
    this.#states.push({ tag, revision, version, packId });
  }

  async #remove(
    write: Write,
    packId: string,
    headers: Record<string, string>,
    given: State | undefined,
  ): Promise<void> {
    const path = `${CATALOG}/${packId}`;
    const outcomes = ['204', '404 POLICY_PACK_NOT_FOUND', ...REFUSALS];
    const reply = await send(write, ['DELETE', path], { headers }, outcomes);
    if (!reply.acknowledged) return;
    if (!given) throw new Error(`${packId} was deleted by someone who did not know its tag`);
    this.#used.push(given.tag);
  }
}
