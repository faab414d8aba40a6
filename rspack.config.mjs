import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';
import { EXTERNALS } from './scripts/release/externals.mjs';

const EXTERNAL = new RegExp(`^(${EXTERNALS.join('|')})(/|$)`);

/** Optional parts of libraries that this service does not use; their own code copes without them. */
const ABSENT =
  /^(@nestjs\/(microservices|websockets|platform-express|mongoose|sequelize|axios|observe)|@fastify\/(static|view|multipart)|@mikro-orm|@grpc|class-validator|class-transformer|pg-native|pg-query-stream|mysql2?|oracledb|mssql|mongodb|sql\.js|redis|@sap|@google-cloud|expo-sqlite|react-native-sqlite-storage|typeorm-aurora-data-api-driver|ts-node)(\/|$)/;

function launchFile(name) {
  return fileURLToPath(new URL(`launch/${name}`, import.meta.url));
}

/** What is checked out, or COMMIT where the build has no checkout (a container); null for neither. */
function commit() {
  if (process.env.COMMIT) return process.env.COMMIT;
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('git', ['rev-parse', 'HEAD'], options).trim();
  } catch {
    return null;
  }
}

/** TypeORM's drivers for other databases: a third of its code, and never asked for. */
const OTHER_DRIVERS =
  /\/typeorm\/driver\/(aurora-mysql|aurora-postgres|capacitor|cockroachdb|cordova|expo|mongodb|mysql|nativescript|oracle|react-native|sap|spanner|sqljs|sqlserver)\//;

const TYPESCRIPT = {
  test: /\.ts$/,
  exclude: /node_modules/,
  loader: 'builtin:swc-loader',
  options: {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      // As tsconfig.json has it: what is older turns every private field into a call.
      target: 'es2023',
    },
  },
};

/** @type {import('@rspack/core').Configuration} */
export default {
  mode: 'production',
  devtool: false,
  target: 'node20',
  entry: { service: './src/main.ts', command: './src/cli.ts' },
  output: {
    path: fileURLToPath(new URL('dist', import.meta.url)),
    filename: '[name].cjs',
    chunkFilename: 'part-[name].cjs',
    library: { type: 'commonjs2' },
    chunkFormat: 'commonjs',
    chunkLoading: 'require',
    clean: true,
  },
  externalsPresets: { node: true },
  node: { __filename: false, __dirname: false },
  externals: [
    ({ request = '' }, callback) => {
      const outside =
        builtinModules.includes(request) || EXTERNAL.test(request) || ABSENT.test(request);
      callback(undefined, outside ? `commonjs ${request}` : undefined);
    },
  ],
  module: { rules: [TYPESCRIPT] },
  resolve: {
    conditionNames: ['@holdfast/source', '...'],
    extensions: ['.ts', '.js'],
    // Libraries that ship their sources are bundled from what is built of them.
    extensionAlias: { '.js': ['.js', '.ts'] },
  },
  plugins: [
    new rspack.CopyRspackPlugin({
      patterns: [{ from: 'launch/*.{js,json}', to: '[name][ext]' }],
    }),
    new rspack.NormalModuleReplacementPlugin(
      /\/typeorm-compat\.js$/,
      launchFile('typeorm-compat.mjs'),
    ),
    new rspack.NormalModuleReplacementPlugin(OTHER_DRIVERS, launchFile('no-driver.cjs')),
    new rspack.ProvidePlugin({
      'Intl.DateTimeFormat': [launchFile('lazy-date-time-format.mjs'), 'LazyDateTimeFormat'],
    }),
    new rspack.DefinePlugin({
      // pg makes a Response to find out whether it runs at Cloudflare, for which Node 20 loads all of
      // fetch: 10 MB and 30 ms of the start.
      'typeof Response': JSON.stringify('undefined'),
      BUILD_COMMIT: JSON.stringify(commit()),
      'import.meta.dirname': '__dirname',
      // Only ever given to createRequire, which takes a path as well.
      'import.meta.url': '__filename',
    }),
  ],
  optimization: {
    nodeEnv: false,
    minimizer: [
      new rspack.SwcJsMinimizerRspackPlugin({
        // Names stay: Nest and logs show them, and SWC breaks static members of renamed classes.
        exclude: /^[a-z-]+\.js$/,
        minimizerOptions: {
          compress: { keep_classnames: true, keep_fnames: true },
          mangle: false,
          format: { ascii_only: true },
        },
      }),
    ],
  },
};
