import { builtinModules } from 'node:module';

/** Packages that are loaded from node_modules when, and only when, they are needed. */
const EXTERNAL = ['better-sqlite3', 'pg', 'ioredis', 'pino-pretty', 'swagger-ui-dist'];

/** Optional parts of libraries that this service does not use; their own code copes without them. */
const ABSENT =
  /^(@nestjs\/(microservices|websockets|platform-express|mongoose|sequelize|axios|observe)|@fastify\/(static|view|multipart)|@mikro-orm|@grpc|class-validator|class-transformer|pg-native|pg-query-stream|mysql2?|oracledb|mssql|mongodb|sql\.js|redis|@sap|@google-cloud|expo-sqlite|react-native-sqlite-storage|typeorm-aurora-data-api-driver|ts-node)(\/|$)/;

export default (defaults) => ({
  ...defaults,
  mode: 'production',
  target: 'node20',
  entry: { main: './src/main.ts', cli: './src/cli.ts' },
  output: {
    ...defaults.output,
    filename: '[name].js',
    chunkFilename: 'chunk-[name].js',
    clean: true,
  },
  externalsPresets: { node: true },
  externals: [
    ({ request }, callback) => {
      if (EXTERNAL.includes(request)) return callback(null, `import ${request}`);
      if (builtinModules.includes(request) || request?.startsWith('node:'))
        return callback(null, `node-commonjs ${request}`);
      if (ABSENT.test(request ?? '')) return callback(null, `node-commonjs ${request}`);
      return callback();
    },
  ],
  resolve: { ...defaults.resolve, tsConfig: undefined, plugins: [] },
  optimization: { nodeEnv: false, minimize: false },
  plugins: [...(defaults.plugins ?? [])],
});
