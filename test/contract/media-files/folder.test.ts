import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { filesBelow } from '../../support/media/files-below.js';
import { mediaFilesCases } from './cases.js';

mediaFilesCases('a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-media-'));
  return Promise.resolve({
    files: new FolderMediaFiles(folder),
    everything: () => filesBelow(folder),
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  });
});
