export const appendExample = {
  source: 'run-1001',
  edge_type: 'PRODUCED',
  target: 'proposal-77',
  metadata: { engine: '4.2' },
};

export const edgeExample = {
  edge_id: '5c2f6f0e-0a53-4a43-8a80-0f5a7c3c1d55',
  ...appendExample,
  created_at: '2026-11-21T12:00:00.000Z',
};

export const edgesExample = {
  entity_id: 'run-1001',
  direction: 'both',
  items: [edgeExample],
  truncated: false,
  next_cursor: null,
};

export const walkExample = {
  entity_id: 'run-1001',
  direction: 'outgoing',
  max_depth: 3,
  items: [{ depth: 1, ...edgeExample }],
  truncated: false,
};
