import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { run } from '../support/service.js';

describe('migrate', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());
  it('does it once', async () => {
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
    const first = await run('cli.js', ['migrate', 'up', '--json'], environment);
    expect(first.code).toBe(0);
    const second = await run('cli.js', ['migrate', 'up'], environment);
    expect(second).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
  });
});
