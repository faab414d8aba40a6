import type { Metric } from '@holdfast/core/metric';
import type { Release } from '@holdfast/core/release';
import type { Settings } from '@holdfast/guard/settings';
import type { EventLoopIndicator } from '../health/event-loop.indicator.js';

/** What runs here, and how quickly it comes to what it has to do. */
export function serviceMetrics(
  { profile, environment, stores }: Settings,
  { name, version, commit, node }: Release,
  eventLoop: EventLoopIndicator,
): readonly Metric[] {
  return [
    {
      name: 'holdfast_build_info',
      help: 'The build, as labels; always 1.',
      type: 'gauge',
      labels: ['name', 'version', 'commit', 'node', 'profile', 'environment'],
      read: () => [
        {
          labels: {
            name,
            version,
            commit: commit ?? '',
            node,
            profile,
            environment: environment ?? '',
          },
          value: 1,
        },
      ],
    },
    {
      name: 'holdfast_store_info',
      help: 'Where each store keeps its data, as labels; always 1.',
      type: 'gauge',
      labels: ['store', 'backend'],
      read: () => stores.map(({ store, backend }) => ({ labels: { store, backend }, value: 1 })),
    },
    {
      name: 'holdfast_event_loop_lag_seconds',
      help: 'The longest time for which the event loop was held up within the last five seconds.',
      type: 'gauge',
      labels: [],
      read: () => [{ labels: {}, value: (eventLoop.read().lag_ms ?? 0) / 1000 }],
    },
  ];
}
