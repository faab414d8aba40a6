const { readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, dirname } = require('node:path');
const vm = require('node:vm');

/** @type {Map<string, vm.Script>} */
const compiled = new Map();

/** @type {string[]} bundles whose compiled code V8 has not taken; the service tells it in its log */
const rejected = [];
globalThis[Symbol.for('holdfast.code-cache.rejected')] = rejected;

/**
 * Runs a bundle, taking V8's compiled code from `<file>.cache` where it fits this version of Node;
 * compiling takes a third of the start otherwise. The idea is that of v8-compile-cache and of
 * Node 22's `module.enableCompileCache`.
 * @param {string} bundle file name without `.cjs`
 */
function run(bundle) {
  const loadOther = Module._extensions['.cjs'] ?? Module._extensions['.js'];
  Module._extensions['.cjs'] = (module, file) => {
    if (dirname(file) !== __dirname) return loadOther(module, file);
    const load = Module.createRequire(file);
    const evaluate = compileBundle(file).runInThisContext();
    return evaluate.call(module.exports, module.exports, load, module, file, __dirname);
  };
  require(`./${bundle}.cjs`);
}

/**
 * Bundles are ASCII: read as Latin-1 they take half the memory and no decoding.
 * @param {string} file
 */
function compileBundle(file) {
  const script = new vm.Script(Module.wrap(readFileSync(file, 'latin1')), {
    filename: file,
    cachedData: readCache(file),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (script.cachedDataRejected) rejected.push(basename(file));
  compiled.set(file, script);
  return script;
}

/** Writes the caches of everything that has been compiled, with the functions that have run. */
function writeCaches() {
  for (const [file, script] of compiled) {
    writeFileSync(`${file}.cache`, script.createCachedData());
  }
}

/** @param {string} file */
function readCache(file) {
  try {
    return readFileSync(`${file}.cache`);
  } catch {
    return undefined;
  }
}

module.exports = { compileBundle, run, writeCaches };
