import { describe, expect, it } from '@jest/globals';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as lineage from '../../../src/stores/dpm/lineage/lineage.openapi.js';
import * as edges from '../../../src/stores/dpm/lineage/lineage.requests.js';
import * as operations from '../../../src/stores/dpm/operations/operations.openapi.js';
import * as requests from '../../../src/stores/dpm/operations/operations.requests.js';

const DESCRIPTIONS: readonly (readonly [string, OperationDescription])[] = [
  ...Object.entries(operations),
  ...Object.entries(lineage),
];

describe('the examples of the documentation', () => {
  const returned = DESCRIPTIONS.flatMap(([name, { returns }]) =>
    Object.entries(returns).map(([status, each]) => ({ name, status, ...each })),
  );

  it.each(returned)('$name $status fits its schema', ({ schema, example }) => {
    const built = typeof schema === 'function' ? schema() : schema;
    expect(built?.parse(example)).toStrictEqual(example);
  });

  it.each([
    ['create', requests.CreateOperation, operations.create],
    ['finish', requests.FinishOperation, operations.finish],
    ['append', edges.AppendEdge, lineage.append],
  ])('of a body is accepted: %s', (_, schema, { example }) => {
    expect(schema.parse(example)).toStrictEqual(example);
  });
});
