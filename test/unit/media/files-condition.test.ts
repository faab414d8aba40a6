import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import { createLog } from '@holdfast/core/log';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { FilesCondition } from '../../../src/stores/media/health/files-condition.js';
import { MediaMemory } from '../../../src/stores/media/media.memory.js';
import { MemorySettingRepository } from '../../../src/stores/media/settings/setting.repository.memory.js';

const ANSWER_MS = 50;

const root = mkdtempSync(join(tmpdir(), 'holdfast-condition-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Takes longer for a file than a probe may take. */
class SlowFiles extends FolderMediaFiles {
  override async open(...asked: Parameters<FolderMediaFiles['open']>) {
    await wait(3 * ANSWER_MS);
    return super.open(...asked);
  }
}

it('a place that is too slow for a probe takes a first file all the same', async () => {
  const settings = new MemorySettingRepository(new MediaMemory(), new MemoryKeptAnswers());
  const log = await createLog({ level: 'silent', format: 'json' });
  const options = { settings, answerMs: ANSWER_MS, log };
  const condition = new FilesCondition(new SlowFiles(root), options);
  await expect(condition.probe()).rejects.toMatchObject({ code: 'MEDIA_FILES_UNAVAILABLE' });
  await condition.assertStillOwn();
});
