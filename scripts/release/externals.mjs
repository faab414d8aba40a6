/** Native, or files that are read at run time: loaded from node_modules when they are needed. */
export const EXTERNALS = [
  'better-sqlite3',
  'libpg-query',
  'pino-pretty',
  'sharp',
  'swagger-ui-dist',
];
