import { isUniqueViolation } from '@holdfast/postgres/faults/faults';
import { skipLocked } from '@holdfast/postgres/database/row-locks';
import type { Parameters, Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { throwNotStored, assertSameRowCounts } from '@holdfast/postgres/database/assert-stored';
import { type Instant, storedTime } from '@holdfast/core/instant';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { keptAnswerColumns } from './kept-answer.entity.js';
import { type KeptAnswer, KeptAnswers, KeyTakenError } from './kept-answers.js';

const answers = tableColumns({ columns: keptAnswerColumns }).inParameters('kept');

/** A store's answers in a table of its own. */
export class SqlKeptAnswers extends KeptAnswers {
  constructor(
    private readonly database: SqlDatabase,
    private readonly table: string,
  ) {
    super();
  }

  async find(key: string): Promise<KeptAnswer | null> {
    const [row] = await this.database.read((sql) =>
      sql.rows<object>(
        `SELECT ${answers.selected} FROM ${this.table} WHERE idempotency_key = :key`,
        { key },
      ),
    );
    return row ? answers.read(row) : null;
  }

  async keep(answer: KeptAnswer): Promise<void> {
    await this.database.transaction((sql) => this.insert(sql, answer));
  }

  /**
   * Within a transaction, which has to end with the error.
   * @throws KeyTakenError
   */
  async insert(sql: Sql, answer: KeptAnswer | undefined): Promise<void> {
    if (!answer) return;
    const inserted = await sql.run(
      `INSERT INTO ${this.table} (${answers.names}) VALUES (${answers.values})
       ON CONFLICT (idempotency_key) DO NOTHING`,
      answers.parameters(answer),
    );
    if (inserted > 0) return;
    const [other] = await sql.rows(
      `SELECT 1 AS other FROM ${this.table} WHERE idempotency_key = :key`,
      { key: answer.key },
    );
    if (other) throw new KeyTakenError();
    throwNotStored();
  }

  /**
   * Runs one statement that writes, with a `RETURNING`, and keeps the answer when it wrote anything.
   * @throws KeyTakenError, and nothing is written
   */
  async write<Row>(
    statement: string,
    parameters: Parameters,
    answer: KeptAnswer | undefined,
  ): Promise<readonly Row[]> {
    if (!answer) return this.database.write<Row>(statement, parameters);
    if (this.database.settings.type === 'postgresql') {
      return this.writeAtOnce<Row>(
        (keeping, kept) =>
          `WITH wrote AS (${statement})${keeping('wrote')}
           SELECT *, ${assertSameRowCounts('wrote', kept)} FROM wrote`,
        parameters,
        answer,
      );
    }
    return this.database.transaction(async (sql) => {
      const rows = await sql.rows<Row>(statement, parameters);
      if (rows.length > 0) await this.insert(sql, answer);
      return rows;
    });
  }

  /**
   * On PostgreSQL, in one round trip: a statement of several parts, each of which is carried out or
   * none.
   * @param statement gets what writes the part that keeps the answer, once for the row of another
   * part, and the name of that part where there is one; that row is locked before the key is taken, so that two requests never wait for each other
   * @throws KeyTakenError, and nothing is written
   */
  async writeAtOnce<Row>(
    statement: (keeping: (part: string) => string, kept: readonly string[]) => string,
    parameters: Parameters,
    answer: KeptAnswer | undefined,
  ): Promise<readonly Row[]> {
    const keeping = (part: string): string =>
      answer
        ? `, kept AS (INSERT INTO ${this.table} (${answers.names}) SELECT ${answers.values} FROM ${part} RETURNING 1)`
        : '';
    try {
      return await this.database.write<Row>(statement(keeping, answer ? ['kept'] : []), {
        ...parameters,
        ...(answer && answers.parameters(answer)),
      });
    } catch (error) {
      if (answer && isUniqueViolation(error, this.table)) throw new KeyTakenError();
      throw error;
    }
  }

  async countExpired(before: Instant): Promise<number> {
    const [row] = await this.database.read((sql) =>
      sql.rows<{ readonly count: number | string }>(
        `SELECT COUNT(*) AS count FROM ${this.table} WHERE created_at < :before`,
        { before: storedTime(before) },
      ),
    );
    return Number(row?.count);
  }

  purge(before: Instant, limit: number): Promise<number> {
    return this.database.transaction((sql) =>
      sql.run(
        `WITH expired AS MATERIALIZED (
           SELECT idempotency_key FROM ${this.table} WHERE created_at < :before
            ORDER BY created_at, idempotency_key LIMIT :limit ${skipLocked(this.database)})
         DELETE FROM ${this.table}
          WHERE idempotency_key IN (SELECT idempotency_key FROM expired)`,
        { before: storedTime(before), limit },
      ),
    );
  }
}
