import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AdvisoryKeptAnswers } from '../../../src/stores/advisory/advisory.kept-answers.js';
import { DpmKeptAnswers } from '../../../src/stores/dpm/dpm.kept-answers.js';
import { type KeptAnswers, KeyTakenError } from '../../../src/stores/kept-answers.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { answerTo } from '../../support/kept-answer.js';
import { contract } from '../contract.js';

const AWKWARD = '{"a":"\u{1f600} \\u2028 \\" \' :name ?","1":1e21,"":null}';

for (const [table, Answers] of [
  ['proposal_request_keys', AdvisoryKeptAnswers],
  ['dpm_request_keys', DpmKeptAnswers],
] as const) {
  contract<KeptAnswers>(
    `KeptAnswers in ${table}`,
    {
      tables: [table],
      inMemory: () => new MemoryKeptAnswers(),
      inSql: (database) => new Answers(database),
    },
    (answers) => {
      it('gives an answer back as it was', async () => {
        const kept = answerTo("k'\u0021~", { answer: AWKWARD });
        await answers().keep(kept);
        expect(await answers().find(kept.key)).toEqual(kept);
        expect(await answers().find(kept.key.toUpperCase())).toBeNull();
        expect(await answers().find('')).toBeNull();
      });

      it('gives back an answer as large as a document may be', async () => {
        const answer = JSON.stringify({ document: 'x'.repeat(1024 * 1024) });
        await answers().keep(answerTo('large', { answer }));
        expect(await answers().find('large')).toMatchObject({ answer });
      });

      it('keeps the first answer to a key, and tells the second caller', async () => {
        const first = answerTo('key', { answer: '1' });
        await answers().keep(first);
        const second = answers().keep(answerTo('key', { answer: '2' }));
        await expect(second).rejects.toBeInstanceOf(KeyTakenError);
        expect(await answers().find('key')).toEqual(first);
      });

      it('keeps one answer of several at once', async () => {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 20 }, () => answers().keep(answerTo('key'))),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      });

      describe('a purge', () => {
        const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`;

        it('deletes the oldest answers from before the instant, up to its limit', async () => {
          for (const day of [1, 2, 3, 4])
            await answers().keep(answerTo(`key-${day}`, { createdAt: at(day) }));
          expect(await answers().countExpired(at(4))).toBe(3);
          expect(await answers().purge(at(4), 2)).toBe(2);
          expect(await answers().find('key-2')).toBeNull();
          expect(await answers().find('key-3')).not.toBeNull();
          expect(await answers().purge(at(4), 2)).toBe(1);
          expect(await answers().purge(at(4), 2)).toBe(0);
          expect(await answers().find('key-4')).not.toBeNull();
        });

        it('makes a key free again', async () => {
          const key = randomUUID();
          await answers().keep(answerTo(key, { createdAt: at(1) }));
          await answers().purge(at(2), 10);
          await answers().keep(answerTo(key, { answer: 'again' }));
          expect(await answers().find(key)).toMatchObject({ answer: 'again' });
        });
      });
    },
  );
}
