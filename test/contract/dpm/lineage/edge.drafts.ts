import type { LineageEdge } from '../../../../src/stores/dpm/lineage/edge.js';
import type { LineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.js';

export const NOON = '2026-11-21T12:00:00.000Z';

let serial = 0;

/** An edge whose identifiers sort in the order of making. */
export function edge(
  source: string,
  target: string,
  rest: Partial<Omit<LineageEdge, 'source' | 'target'>> = {},
): LineageEdge {
  serial += 1;
  const edgeId = `edge-${String(serial).padStart(8, '0')}`;
  return { edgeId, source, edgeType: 'made', target, metadata: {}, createdAt: NOON, ...rest };
}

/** Stores the edges of a picture such as `a>b b>c`, in its order. */
export async function draw(
  lineage: LineageRepository,
  picture: string,
): Promise<readonly LineageEdge[]> {
  const edges = picture.split(' ').map((arrow) => {
    const [source = '', target = ''] = arrow.split('>');
    return edge(source, target);
  });
  for (const each of edges) {
    if (await lineage.append(each)) throw new Error('the picture holds an edge twice');
  }
  return edges;
}

/** An edge as pictures show it. */
export function arrow({ source, target }: LineageEdge): string {
  return `${source}>${target}`;
}
