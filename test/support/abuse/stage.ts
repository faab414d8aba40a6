import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService } from '../service.js';
import { bearer, EVERY_SCOPE, JWT, tokenFor } from '../tokens.js';

export const PROPOSALS = '/rebalance/proposals';
export const RUNS = '/rebalance/runs';
export const OURS = { iss: 'https://issuer.test', aud: 'holdfast' } as const;

/** How many refused requests of one address are answered by what is wrong with them. */
export const REFUSED_LIMIT = 20;

/** Of the key set that the service has beside its shared key. */
export const KEY_ID = 'rsa-1';

export type Headers = Readonly<Record<string, string>>;

/** The one process that everything is tried on, and what is stored there. */
export interface Stage {
  readonly service: Service;
  /** Everything that has to end after the tests. */
  readonly close: () => Promise<void>;
  /** All that is stored, as rows and a digest of each table. */
  readonly digest: () => Promise<string>;
  readonly rsa: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** Of `advisor-1`: a draft, and one that is in review of its risk. */
  readonly draft: string;
  readonly inReview: string;
  /** The key of the move by which that came into review. */
  readonly moveKey: string;
  /** Of `engine`, by `runKey`. */
  readonly run: string;
  readonly runKey: string;
  /** Handed out to `advisor-1`, of proposals and of runs. */
  readonly cursor: string;
  readonly runCursor: string;
}

/** A header with a token that is good but for what is changed. */
export async function as(
  subject: string,
  scope: string = EVERY_SCOPE,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<Headers> {
  return bearer(await tokenFor(subject, scope, { ...OURS, ...claims }));
}

export const MOVE = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT' } as const;
export const NEW = { portfolio_id: 'pf-1', document: { trades: [] } } as const;

/** @param environment beyond this, or in its place */
export async function startStage(
  environment: Readonly<Record<string, string>> = {},
): Promise<Stage> {
  const database = await createDatabase();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256' }];
  const keySet = join(mkdtempSync(join(tmpdir(), 'holdfast-keys-')), 'keys.json');
  writeFileSync(keySet, JSON.stringify({ keys }));
  const service = await startService({
    ...JWT,
    JWT_JWKS_FILE: keySet,
    JWT_ISSUER: OURS.iss,
    JWT_AUDIENCE: OURS.aud,
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    MIGRATE_ON_START: 'true',
    DPM_POLICY_PACKS_ENABLED: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    TRUSTED_PROXIES: '127.0.0.1',
    RATE_LIMIT_REFUSED: String(REFUSED_LIMIT),
    RATE_LIMIT_WINDOW_SECONDS: '3600',
    ...environment,
  });
  const client = new pg.Client(database.url);
  await client.connect();
  const stored = await records(service);
  const close = async () => {
    await service.stop('SIGKILL');
    await client.end();
    await database.drop();
  };
  return { service, close, digest: await digestOf(client), rsa, ...stored };
}

async function records(service: Service) {
  const send = async (
    method: string,
    path: string,
    subject: string,
    body?: object,
    key?: string,
  ) => {
    const headers = { ...(await as(subject)), 'content-type': 'application/json' };
    const answer = await fetch(service.url + path, {
      method,
      headers: { ...headers, 'idempotency-key': key ?? randomUUID() },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as Readonly<Record<string, string>>;
  };
  const create = async () => (await send('POST', PROPOSALS, 'advisor-1', NEW)).proposal_id ?? '';
  const [draft, inReview] = [await create(), await create()];
  const [moveKey, runKey] = [randomUUID(), randomUUID()];
  await send('POST', `${PROPOSALS}/${inReview}/transitions`, 'advisor-1', MOVE, moveKey);
  const run = { request_hash: 'hash', portfolio_id: 'pf-1', status: 'PENDING_REVIEW', result: {} };
  const recorded = () => ({ ...run, correlation_id: randomUUID() });
  const first = await send('POST', RUNS, 'engine', recorded(), runKey);
  await send('POST', RUNS, 'engine', recorded());
  const cursorOf = async (path: string) =>
    (await send('GET', `${path}?limit=1`, 'advisor-1')).next_cursor ?? '';
  return {
    draft,
    inReview,
    moveKey,
    run: first.rebalance_run_id ?? '',
    runKey,
    cursor: await cursorOf(PROPOSALS),
    runCursor: await cursorOf(RUNS),
  };
}

/** One statement over all tables that there are, but those in which processes say that they run. */
async function digestOf(client: pg.Client): Promise<() => Promise<string>> {
  const tables = await client.query<{ readonly name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
        AND tablename NOT IN ('holdfast_builds', 'holdfast_running') ORDER BY 1`,
  );
  const each = tables.rows.map(
    ({ name }) =>
      `SELECT '${name}' AS name, count(*)::int AS rows,
              md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) AS digest FROM ${name} t`,
  );
  const statement = `${each.join(' UNION ALL ')} ORDER BY 1`;
  return async () => JSON.stringify((await client.query(statement)).rows, null, 1);
}
