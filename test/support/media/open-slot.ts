import { expect } from '@jest/globals';

export const INGEST_PASSWORD = 'a-long-enough-password';

/** Lets a slot take photos, by the echo driver. */
export async function openSlot(
  url: string,
  settings: object = {},
  id = 'slot-001',
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const path = `${url}/api/slots/${id}`;
  const { version } = (await (await fetch(path, { headers })).json()) as {
    readonly version: number;
  };
  const answer = await fetch(path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      version,
      provider: 'echo',
      is_active: true,
      size_limit_mb: 1,
      settings_json: settings,
    }),
  });
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
}
