import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type { hasSqlDetails, ParseResult, ScanResult } from 'libpg-query';

/** The types of Node.js do without it. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

/** PostgreSQL's own parser. */
export interface Parser {
  /** @throws an error of which `hasSqlDetails` says so, for what is no SQL */
  readonly parse: (sql: string) => ParseResult;
  readonly scan: (sql: string) => ScanResult;
  readonly hasSqlDetails: typeof hasSqlDetails;
  /** Its code, which lasts as long as somebody has it. */
  readonly compiled: object;
}

/** Of V8, where they are on. */
const OPTIMIZING = ['wasm-tier-up', 'wasm-dynamic-tiering'];

let parser: Promise<Parser> | undefined;

/** Whoever will need it asks for it early. */
export function loadParser(): Promise<Parser> {
  return (parser ??= load());
}

async function load(): Promise<Parser> {
  const file = createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm');
  // What the library then compiles is the same bytes, for which V8 gives it the code that is there.
  const compiled = unoptimized(() => new WebAssembly.Module(readFileSync(file)));
  const library = await import('libpg-query');
  await library.loadModule();
  return {
    parse: (sql) => unoptimized(() => library.parseSync(sql)),
    scan: (sql) => unoptimized(() => library.scanSync(sql)),
    hasSqlDetails: library.hasSqlDetails,
    compiled,
  };
}

/**
 * V8 makes code of a function of WebAssembly when it is first called, and better code beside the process of what is called
 * often. Of this parser that takes half a second of a core, which the server that is migrated could use, and most of it is
 * ready when nothing is left to parse. The flags are set back at once: with others V8 takes no script's code from its cache.
 */
function unoptimized<Result>(work: () => Result): Result {
  for (const flag of OPTIMIZING) setFlagsFromString(`--no-${flag}`);
  try {
    return work();
  } finally {
    for (const flag of OPTIMIZING) setFlagsFromString(`--${flag}`);
  }
}
