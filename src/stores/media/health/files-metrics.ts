import { Inject, Injectable } from '@nestjs/common';
import type { Metric } from '@holdfast/core/metric';
import { Metrics } from '@holdfast/nest/metrics/metrics';
import type { Room } from '../files/media-files.js';
import { FilesCondition } from './files-condition.js';

/** How much room the place of the files has. */
@Injectable()
export class FilesMetrics {
  constructor(@Inject(FilesCondition) condition: FilesCondition, metrics: Metrics) {
    const gauge = (name: string, help: string, of: (room: Room) => number | undefined): Metric => ({
      name,
      help,
      type: 'gauge',
      labels: [],
      read: async () => {
        const room = await condition.probe().catch(() => undefined);
        const value = room && of(room);
        return value === undefined ? [] : [{ labels: {}, value }];
      },
    });
    metrics.register(
      gauge(
        'holdfast_media_free_bytes',
        'Room that is left in the place of the files; none where it cannot be told, as of a bucket.',
        ({ freeBytes }) => freeBytes,
      ),
      gauge(
        'holdfast_media_size_bytes',
        'How large the place of the files is, with what is in use; none where it cannot be told.',
        ({ totalBytes }) => totalBytes,
      ),
    );
  }
}
