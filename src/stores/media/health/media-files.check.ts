import { ReadinessCheck, type ReadinessIndicator } from '@holdfast/nest/health/readiness-check';
import { FilesCondition } from './files-condition.js';
import { roomInWords } from './room-in-words.js';

/** Where no file can be stored, no photo can be taken in. */
@ReadinessCheck({ name: 'media_files' })
export class MediaFilesCheck implements ReadinessIndicator {
  constructor(private readonly condition: FilesCondition) {}

  async check(): Promise<string> {
    return roomInWords(await this.condition.probe());
  }
}
