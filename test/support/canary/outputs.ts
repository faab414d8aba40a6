import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Seed, tracesOf } from './seeds.js';

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
    return this.#seeds.flatMap((seed) => {
      const traces = tracesOf(seed).map((trace) => trace.toLowerCase());
      return [...this.#texts]
        .filter(([, text]) => traces.some((trace) => text.includes(trace)))
        .map(([name]) => `${seed.variable} (${seed.kind}) in ${name}`);
    });
  }
}
