import { describe, expect, it } from '@jest/globals';
import { KeyTakenError } from '../../../src/stores/kept-answers.js';
import type { Setting } from '../../../src/stores/media/settings/setting.repository.js';
import type { Current } from '../contract.js';
import type { MediaPorts } from './media.ports.js';
import { after, NOON } from './media.records.js';

const setting = (key: string, value: string, version = 1): Setting => ({
  key,
  value,
  version,
  updatedAt: version === 1 ? NOON : after(version),
  updatedBy: version === 1 ? null : 'ada',
});

export function settingCases(ports: Current<MediaPorts>): void {
  describe('settings', () => {
    it('are made once, by key, whoever does it', async () => {
      const { settings } = ports();
      const given = [setting('b', '1'), setting('a', '2')];
      await Promise.all([
        settings.makeFirst(given),
        settings.makeFirst(given.toReversed()),
        settings.makeFirst([setting('b', '1'), setting('c', '')]),
      ]);
      await settings.makeFirst([setting('a', 'another', 7)]);
      expect(await settings.all()).toEqual([
        setting('a', '2'),
        setting('b', '1'),
        setting('c', ''),
      ]);
    });

    it('are changed together or not at all', async () => {
      const { settings } = ports();
      await settings.makeFirst([setting('a', '1'), setting('b', '1')]);
      const change = (key: string, versionBefore: number | null) => ({
        setting: setting(key, 'next', (versionBefore ?? 0) + 1),
        versionBefore,
      });
      expect(await settings.replace([change('a', 1), change('b', 2)])).toBe(false);
      expect(await settings.replace([change('c', null), change('a', null)])).toBe(false);
      expect(await settings.replace([change('c', 1)])).toBe(false);
      expect(await settings.all()).toEqual([setting('a', '1'), setting('b', '1')]);
      expect(await settings.replace([change('c', null), change('b', 1)])).toBe(true);
      expect(await settings.all()).toEqual([
        setting('a', '1'),
        setting('b', 'next', 2),
        setting('c', 'next', 1),
      ]);
      expect(await settings.replace([])).toBe(true);
    });

    it('are changed with the answer that is kept of it, under a key that is free', async () => {
      const { settings } = ports();
      await settings.makeFirst([setting('a', '1'), setting('b', '1')]);
      const answer = { key: 'key', requestHash: 'hash', answer: '{}', createdAt: NOON };
      const change = (key: string) => ({ setting: setting(key, 'next', 2), versionBefore: 1 });
      expect(await settings.replace([change('a')], answer)).toBe(true);
      await expect(settings.replace([change('b')], answer)).rejects.toThrow(KeyTakenError);
      // What is refused takes no key.
      const another = { ...answer, key: 'another' };
      expect(await settings.replace([change('a')], another)).toBe(false);
      expect(await settings.replace([change('b')], another)).toBe(true);
      const stored = [setting('a', 'next', 2), setting('b', 'next', 2)];
      expect(await settings.all()).toEqual(stored);
    });

    it('are changed by one of several writers that have seen the same', async () => {
      const { settings } = ports();
      await settings.makeFirst([setting('a', '0'), setting('b', '0')]);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, writer) => {
          const changes = ['a', 'b'].map((key) => ({
            setting: setting(key, String(writer), 2),
            versionBefore: 1,
          }));
          return settings.replace(writer % 2 === 0 ? changes : changes.toReversed());
        }),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      const winner = String(outcomes.indexOf(true));
      expect((await settings.all()).map(({ value }) => value)).toEqual([winner, winner]);
    });
  });
}
