const AT = '2026-11-21T12:00:00.000Z';

export const putExample = {
  version: 1,
  display_name: 'Portraits',
  provider: 'echo',
  operation: 'image_edit',
  settings_json: {},
  size_limit_mb: 20,
  is_active: true,
};

export const templateExample = {
  id: '0b6f4c1e-5a87-4a3e-9d51-2f1f5f4d9a10',
  slot_id: 'slot-001',
  media_kind: 'style',
  content_type: 'image/png',
  bytes: 482113,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  created_at: AT,
};

export const summaryExample = {
  id: 'slot-001',
  ...putExample,
  version: 2,
  updated_by: 'ada',
  created_at: AT,
  updated_at: AT,
};

export const slotExample = { ...summaryExample, templates: [templateExample] };
