import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Repository } from 'typeorm';
import { storeDatabaseToken } from '@holdfast/nest/database/inject-database';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { ApprovalEntity } from '../../../src/stores/advisory/entities/approval.entity.js';
import { ProposalVersionEntity } from '../../../src/stores/advisory/entities/proposal-version.entity.js';
import { ProposalEntity } from '../../../src/stores/advisory/entities/proposal.entity.js';
import type { Approval, Proposal, ProposalVersion } from '../../../src/stores/advisory/proposal.js';
import { SqlProposalRepository } from '../../../src/stores/advisory/proposal.repository.sql.js';
import { OperationEntity } from '../../../src/stores/dpm/operations/operation.entity.js';
import type { AsyncOperation } from '../../../src/stores/dpm/operations/operation.js';
import { SqlOperationRepository } from '../../../src/stores/dpm/operations/operation.repository.sql.js';
import { openStoreDatabases, type StoreDatabases } from '../../support/store-databases.js';
import { approval, creation, move, newKey, NOON } from '../advisory/proposal.changes.js';

/** As another team would have it injected. */
@Injectable()
class Tables {
  constructor(
    @InjectRepository(ProposalEntity, 'advisory') readonly proposals: Repository<Proposal>,
    @InjectRepository(ProposalVersionEntity, 'advisory')
    readonly versions: Repository<ProposalVersion>,
    @InjectRepository(ApprovalEntity, 'advisory') readonly approvals: Repository<Approval>,
    @InjectRepository(OperationEntity, 'dpm') readonly operations: Repository<AsyncOperation>,
  ) {}
}

const DOCUMENTS = [
  { trades: [{ isin: 'IE00B4L5Y983', weight: 0.1 }], note: 'ä\u{1F600}"\\' },
  [],
  'text',
  '"quoted"',
  0,
  false,
  null,
];

describe.each(['SQLITE', 'POSTGRES'] as const)('repositories of TypeORM on %s', (backend) => {
  let opened: StoreDatabases;
  let tables: Tables;
  let ours: SqlProposalRepository;
  let operations: SqlOperationRepository;

  beforeAll(async () => {
    opened = await openStoreDatabases(backend, [Tables]);
    tables = opened.app.get(Tables);
    ours = new SqlProposalRepository(opened.app.get<SqlDatabase>(storeDatabaseToken('advisory')));
    operations = new SqlOperationRepository(opened.app.get<SqlDatabase>(storeDatabaseToken('dpm')));
  });
  afterAll(() => opened.close());

  it.each(DOCUMENTS)('find what the store has written: %j', async (document) => {
    const change = creation({ document });
    await ours.create(change, newKey());
    const { proposalId } = change.proposal;
    expect(await tables.proposals.findOneBy({ proposalId })).toEqual(change.proposal);
    expect(await tables.versions.findBy({ proposalId })).toEqual([change.version]);
  });

  it.each(DOCUMENTS)('save what the store finds: %j', async (document) => {
    const { proposal, version } = creation({ document });
    const { proposalId } = proposal;
    await tables.proposals.save({ ...proposal });
    await tables.versions.save({ ...version });
    expect(await ours.find(proposalId)).toEqual({ proposal, version });
    const changed = { ...proposal, title: null, updatedAt: '2026-11-22T01:02:03.004Z' };
    await tables.proposals.save({ ...changed });
    expect(await ours.find(proposalId)).toEqual({ proposal: changed, version });
  });

  it('select by instants and truth values', async () => {
    const change = creation({ createdAt: '2026-11-21T11:59:59.999Z' });
    await ours.create(change, newKey());
    const inReview = move(change.proposal, 'RISK_REVIEW');
    await ours.append(inReview);
    const refused = approval(inReview.proposal, 'RISK', { approved: false });
    await ours.append(refused);
    const { createdAt, proposalId } = change.proposal;
    expect(await tables.proposals.findBy({ createdAt, proposalId })).toEqual([refused.proposal]);
    expect(await tables.approvals.findBy({ proposalId, approved: false })).toEqual([
      refused.approval,
    ]);
    expect(await tables.approvals.findBy({ proposalId, approved: true })).toEqual([]);
  });

  it.each<Partial<AsyncOperation>>([
    {},
    { result: { a: [null] } },
    { result: 'text' },
    { error: { code: 'c', message: 'm' } },
  ])('keep what is absent apart: %j', async (ending) => {
    const operation = { ...pending(JSON.stringify(ending)), ...ending };
    const { operationId } = operation;
    await tables.operations.save({ ...operation });
    expect(await operations.find(operationId)).toStrictEqual(operation);
    expect(await tables.operations.findOneBy({ operationId })).toEqual(operation);
  });

  it('save the null of JSON, which PostgreSQL alone does not tell from nothing', async () => {
    const operation: AsyncOperation = {
      ...pending('null-result'),
      status: 'SUCCEEDED',
      finishedAt: NOON,
      result: null,
    };
    const { operationId } = operation;
    await tables.operations.save({ ...operation });
    expect(await operations.find(operationId)).toStrictEqual(operation);
    const { result: _, ...others } = operation;
    expect(await tables.operations.findOneBy({ operationId })).toEqual(
      backend === 'SQLITE' ? operation : others,
    );
  });
});

function pending(name: string): AsyncOperation {
  return {
    operationId: `operation-${name}`,
    operationType: 'type',
    status: 'PENDING',
    correlationId: `correlation-${name}`,
    rebalanceRunId: null,
    createdAt: NOON,
    startedAt: null,
    finishedAt: null,
  };
}
