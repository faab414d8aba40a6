import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { filesBelow } from '../../support/media/files-below.js';
import { mediaFilesCases } from './cases.js';

mediaFilesCases('a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-media-'));
  const root = join(folder, 'a', 'b', 'c');
  mkdirSync(root, { recursive: true });
  return Promise.resolve({
    // So deep that a name which leads out of it leads to nothing but this test's own.
    files: new FolderMediaFiles(root),
    everything: () => filesBelow(folder).map((name) => name.replace(/^a\/b\/c\//, '')),
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  });
});
