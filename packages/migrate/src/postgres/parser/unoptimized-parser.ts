/** Of V8: Node.js tells on stderr of one that it does not know. */
export const FLAGS = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];

/**
 * For a process that ends once it has read some migrations, before it loads the parser: V8 makes code of WebAssembly at once,
 * and better code of all of it beside the process. That takes a core 200 ms, which the server that is migrated could
 * use, and most of it is ready when nothing is left to parse. Holds for all WebAssembly that the process compiles later.
 */
export async function leaveParserUnoptimized(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  for (const flag of FLAGS) setFlagsFromString(flag);
}
