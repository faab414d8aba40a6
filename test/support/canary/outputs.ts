import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Seed, tracesOf } from './seeds.js';

/** No trace is shorter. */
const START = 8;

/** Everything that left the programs, and what of the seeds is in it. */
export class Outputs {
  readonly #texts = new Map<string, string>();
  readonly #seeds: Seed[] = [];

  get count(): number {
    return this.#texts.size;
  }

  get bytes(): number {
    return [...this.#texts.values()].reduce((sum, text) => sum + text.length, 0);
  }

  expectNothingOf(seeds: Iterable<Seed>): void {
    this.#seeds.push(...seeds);
  }

  add(name: string, text: string): void {
    this.#texts.set(`${this.#texts.size} ${name}`, text.toLowerCase());
  }

  async addAnswer(name: string, response: Response): Promise<void> {
    const headers = [...response.headers].map((pair) => pair.join(': ')).join('\n');
    this.add(`${name} headers`, headers);
    this.add(`${name} body`, await response.text());
  }

  /** Every file below a folder. */
  addFiles(name: string, folder: string): void {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      this.add(`${name} file ${entry.name}`, readFileSync(path, 'latin1'));
    }
  }

  /** `VARIABLE (kind) in OUTPUT` for each output that gives something away. */
  leaks(): readonly string[] {
    const traces = new Map<string, { readonly trace: string; readonly seed: Seed }[]>();
    for (const seed of this.#seeds) {
      for (const trace of tracesOf(seed).map((each) => each.toLowerCase())) {
        const start = trace.slice(0, START);
        traces.set(start, [...(traces.get(start) ?? []), { trace, seed }]);
      }
    }
    const found = new Set<string>();
    for (const [name, text] of this.#texts) {
      for (let at = 0; at + START <= text.length; at += 1) {
        for (const { trace, seed } of traces.get(text.slice(at, at + START)) ?? []) {
          if (text.startsWith(trace, at)) found.add(`${seed.variable} (${seed.kind}) in ${name}`);
        }
      }
    }
    return [...found];
  }
}
