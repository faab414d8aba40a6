import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { catalogue, reasonFor } from '@holdfast/core/reasons';
import '../../src/reasons.js';

const LABELS = ['Looks like', 'Check', 'Fix', 'Verify'];

const codes = [...catalogue.keys()];

const sections = readFileSync('docs/RUNBOOK.md', 'utf8')
  .split(/^(?=#{1,2} )/m)
  .filter((section) => section.startsWith('## '))
  .map((section) => {
    const [heading = '', ...lines] = section.split('\n');
    const points = lines.flatMap((line) => {
      const [, label, text] = /^- \*\*(.+?):\*\* (.+)$/.exec(line) ?? [];
      return label && text ? [{ label, text }] : [];
    });
    return { heading: heading.slice('## '.length), points };
  });

describe('docs/RUNBOOK.md', () => {
  const headings = sections.map(({ heading }) => heading);

  it('has a section for every code of the catalogue', () => {
    expect(codes.filter((code) => !headings.includes(code))).toEqual([]);
  });

  it('has none for a code that there is not, and none twice', () => {
    expect(headings.filter((heading) => !codes.includes(heading))).toEqual([]);
    expect(new Set(headings).size).toBe(headings.length);
  });

  it.each(sections)('$heading: what it looks like, check, fix, verify', ({ points }) => {
    expect(points.map(({ label }) => label)).toEqual(LABELS);
  });

  it('says what a code looks like for each in its own words', () => {
    const looks = sections.map(({ points }) => points[0]?.text);
    expect(looks.filter((text, index) => looks.indexOf(text) !== index)).toEqual([]);
  });

  it.each(sections.filter(({ heading }) => codes.includes(heading)))(
    '$heading names the status or the exit code that the catalogue has, where it names one',
    ({ heading, points }) => {
      const { status, exit } = reasonFor(heading);
      const told = points[0]?.text ?? '';
      const named = [...told.matchAll(/^(?:exit code )?(4\d\d|5\d\d|1|64|69|78)\b/g)];
      for (const [, code] of named) expect([status, exit].map(String)).toContain(code);
    },
  );
});
