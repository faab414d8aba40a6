import { oneOf, text, whole } from '../variable.js';

/** Where the process listens, what it logs, how it stops and what its probes bear. */
export const processVariables = {
  HOST: text('address to listen on; 127.0.0.1 under LOCAL, 0.0.0.0 under PRODUCTION'),
  PORT: whole(0, 65535, 8000, 'port to listen on; 0 takes any free port'),
  LOG_FORMAT: oneOf(['json', 'pretty'], 'pretty on a terminal, else json'),
  LOG_LEVEL: oneOf(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    'least level that is logged',
    'info',
  ),
  LOG_REQUESTS: oneOf(
    ['all', 'failed', 'none'],
    'which requests are logged: all, those answered with 400 or more, or none; their errors always are',
    'all',
  ),
  SHUTDOWN_DRAIN_MS: whole(
    0,
    600_000,
    5000,
    'milliseconds for which a process that is to stop goes on accepting, so that load balancers notice',
  ),
  SHUTDOWN_TIMEOUT_MS: whole(100, 3_600_000, 25_000, 'milliseconds a stop takes at most, in all'),
  HEALTH_PROBE_TIMEOUT_MS: whole(100, 2000, 1000, 'milliseconds a readiness check may take'),
  HEALTH_LOGIN_INTERVAL_SECONDS: whole(
    0,
    86_400,
    30,
    'seconds between new logins to PostgreSQL and Redis that tell of a changed password; 0 off',
  ),
  HEALTH_MAX_LAG_MS: whole(
    0,
    600_000,
    1000,
    'milliseconds that the event loop may be held up before the service is degraded; 0 off',
  ),
};
