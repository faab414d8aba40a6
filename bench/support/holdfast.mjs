import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './bench.mjs';
import { inherited } from './servers.mjs';

export function buildHoldfast() {
  execFileSync(process.execPath, [join(root, 'scripts/build-when-needed.mjs')], {
    stdio: ['ignore', 2, 2],
  });
}

/**
 * The built service under LOCAL, on SQLite.
 * @param {string} [cwd] where its database is; default: a new folder
 * @returns {import('./servers.mjs').Program}
 */
export function holdfastOnSqlite(cwd) {
  return {
    file: join(root, 'dist/main.js'),
    environment: { APP_PERSISTENCE_PROFILE: 'LOCAL' },
    cwd,
  };
}

/**
 * The built service under PRODUCTION.
 * @param {string} url of a database that is migrated
 * @returns {import('./servers.mjs').Program}
 */
export function holdfastOnPostgres(url) {
  return { file: join(root, 'dist/main.js'), environment: production(url) };
}

/**
 * The same, where callers prove who they are.
 * @param {string} key that their tokens are signed with
 * @returns {(url: string) => import('./servers.mjs').Program}
 */
export function holdfastWithCallers(key) {
  const callers = { AUTH_MODE: 'jwt', JWT_SIGNING_KEY: key };
  return (url) => ({
    file: join(root, 'dist/main.js'),
    environment: { ...production(url), ...callers },
  });
}

/**
 * @param {string} url
 * @param {string} cwd
 */
export function migrate(url, cwd) {
  execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'migrate', 'up'], {
    cwd,
    env: { ...inherited(), ...production(url) },
    stdio: ['ignore', 'ignore', 2],
  });
}

/** @param {string} url */
export function production(url) {
  return {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    AUTH_MODE: 'none',
    AUTH_NONE_ACCEPTED: 'true',
    DATABASE_URL: url,
    LOG_FORMAT: 'json',
  };
}
