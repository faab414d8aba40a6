const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { basename, join } = require('node:path');
const vm = require('node:vm');

const outside = createRequire(join(__dirname, 'bundle.cjs'));

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
  evaluate(join(__dirname, `${bundle}.cjs`));
}

/**
 * A bundle asks for its parts by their file names: no look-up of Node's is needed to find them.
 * @param {string} file
 */
function evaluate(file) {
  const module = { exports: {} };
  compileBundle(file)
    .runInThisContext()
    .call(module.exports, module.exports, load, module, file, __dirname);
  return module.exports;
}

/** @param {string} name of a part, or of what is outside of the bundles */
function load(name) {
  return name.startsWith('./part-') ? evaluate(join(__dirname, name)) : outside(name);
}

/**
 * Bundles are ASCII: read as Latin-1 they take half the memory and no decoding.
 * @param {string} file
 */
function compileBundle(file) {
  const script = new vm.Script(wrap(readFileSync(file, 'latin1')), {
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
