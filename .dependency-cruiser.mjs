/** From the bottom up: each may use what stands before it, and nothing that stands after it. */
export const LAYERS = ['core', 'guard', 'postgres', 'migrate', 'copy', 'nest', 'testing'];

const folderOf = (name) => `^packages/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'What needs each other belongs into one file, or what both need into a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...LAYERS.map((name, index) => ({
      name: `${name}-knows-nothing-above`,
      comment: `packages/${name} may use ${LAYERS.slice(0, index).join(', ') || 'no other package'}.`,
      severity: 'error',
      from: { path: folderOf(name), pathNot: '/test/' },
      to: { path: [...LAYERS.slice(index + 1).map(folderOf), '^src/'] },
    })),
    {
      name: 'testing-is-for-tests',
      comment: 'What serves is installed without it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: folderOf('testing') },
    },
    {
      name: 'copy-without-settings',
      comment:
        'It is used without a service; only its command reads the environment, by the guard.',
      severity: 'error',
      from: { path: folderOf('copy'), pathNot: ['/test/', '^packages/copy/src/command/'] },
      to: { path: [folderOf('guard'), folderOf('migrate')] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['@holdfast/source', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
