// What the database and HTTP cost without a framework: the statements of the advisory store and its
// answers, and nothing else. No validation, no log, no errors told. `bench/http.mjs` checks before
// it measures that answers and rows written are those of Holdfast.

import { createHash, randomUUID } from 'node:crypto';
import { Buffer } from 'node:buffer';
import fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, min: 5, max: 15 });
const app = fastify();

const CREATE = `
WITH input AS (
  SELECT * FROM json_to_recordset(CAST($1 AS json)) AS creation (
    idempotency_key text, request_hash text, proposal_id text, portfolio_id text, mandate_id text,
    jurisdiction text, title text, advisor_notes text, created_by text, current_state text,
    version_no integer, revision integer, created_at timestamptz, updated_at timestamptz,
    document json, document_hash text, event_id text, event_type text, reason text)
), claimed AS (
  INSERT INTO proposal_idempotency (idempotency_key, request_hash, proposal_id, created_at)
  SELECT idempotency_key, request_hash, proposal_id, created_at FROM input ORDER BY idempotency_key
  ON CONFLICT (idempotency_key) DO NOTHING
  RETURNING idempotency_key
), creation AS (
  SELECT input.* FROM input JOIN claimed USING (idempotency_key)
), records AS (
  INSERT INTO proposal_records (proposal_id, portfolio_id, mandate_id, jurisdiction, title,
    advisor_notes, created_by, current_state, current_version_no, revision, created_at, updated_at)
  SELECT proposal_id, portfolio_id, mandate_id, jurisdiction, title, advisor_notes, created_by,
    current_state, version_no, revision, created_at, updated_at FROM creation
), versions AS (
  INSERT INTO proposal_versions
    (proposal_id, version_no, document, document_hash, created_by, created_at)
  SELECT proposal_id, version_no, coalesce(document, 'null'), document_hash, created_by, created_at
    FROM creation
), events AS (
  INSERT INTO proposal_workflow_events (event_id, proposal_id, sequence_no, event_type, to_state,
    version_no, actor_id, reason, occurred_at)
  SELECT event_id, proposal_id, revision, event_type, current_state, version_no, created_by, reason,
    created_at FROM creation
)
SELECT idempotency_key FROM claimed`;

app.get('/health/live', () => ({ status: 'ok' }));

app.post('/rebalance/proposals', async (request, reply) => {
  const body = request.body;
  const document = JSON.stringify(body.document);
  const hash = sha256(document);
  const proposal = {
    proposal_id: randomUUID(),
    portfolio_id: body.portfolio_id,
    mandate_id: body.mandate_id ?? null,
    jurisdiction: body.jurisdiction ?? null,
    title: body.title ?? null,
    advisor_notes: body.advisor_notes ?? null,
    created_by: body.created_by,
    current_state: 'DRAFT',
    current_version_no: 1,
    created_at: new Date().toISOString(),
  };
  const { proposal_id: id, created_at: at } = proposal;
  const requestHash = sha256(JSON.stringify(body));
  const creation = {
    ...proposal,
    idempotency_key: request.headers['idempotency-key'],
    request_hash: requestHash,
    version_no: 1,
    revision: 1,
    updated_at: at,
    document: body.document,
    document_hash: hash,
    event_id: randomUUID(),
    event_type: 'CREATED',
    reason: null,
  };
  // Prepared: to plan this statement takes longer than to carry it out.
  await pool.query({ name: 'create', text: CREATE, values: [JSON.stringify([creation])] });
  reply.status(201).header('location', `/rebalance/proposals/${id}`);
  return {
    ...proposal,
    updated_at: at,
    version: {
      version_no: 1,
      document: body.document,
      document_hash: hash,
      created_by: body.created_by,
      created_at: at,
    },
  };
});

app.get('/rebalance/proposals/:id', async (request) => {
  const { rows } = await pool.query(
    `SELECT p.*, v.proposal_id, v.version_no, CAST(v.document AS text) AS document,
            v.document_hash, v.created_by AS version_created_by, v.created_at AS version_created_at
       FROM proposal_records p
       JOIN proposal_versions v
         ON v.proposal_id = p.proposal_id AND v.version_no = p.current_version_no
      WHERE p.proposal_id = $1`,
    [request.params.id],
  );
  const row = rows[0];
  return {
    ...summary(row),
    version: {
      version_no: row.version_no,
      document: JSON.parse(row.document),
      document_hash: row.document_hash,
      created_by: row.version_created_by,
      created_at: row.version_created_at.toISOString(),
    },
  };
});

app.get('/rebalance/proposals', async (request) => {
  const limit = Number(request.query.limit);
  const from = request.query.created_from;
  const { rows } = await pool.query(
    `SELECT * FROM proposal_records ${from ? 'WHERE created_at >= $2' : ''}
      ORDER BY created_at DESC, proposal_id DESC LIMIT $1`,
    [limit + 1, from].filter(Boolean),
  );
  const items = rows.slice(0, limit).map(summary);
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last ? cursorAfter(last) : null };
});

function summary(row) {
  return {
    proposal_id: row.proposal_id,
    portfolio_id: row.portfolio_id,
    mandate_id: row.mandate_id,
    jurisdiction: row.jurisdiction,
    title: row.title,
    advisor_notes: row.advisor_notes,
    created_by: row.created_by,
    current_state: row.current_state,
    current_version_no: row.current_version_no,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function cursorAfter({ created_at: at, proposal_id: id }) {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

await app.listen({ port: Number(process.env.PORT), host: process.env.HOST });
