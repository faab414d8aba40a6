import { failed, type Finding, passed } from './finding.js';
import './cutover.reasons.js';

/** What all instances together may open on one server. */
export interface Demand {
  readonly instances: number;
  /** Of each instance, on this server. */
  readonly pools: number;
  readonly size: number;
  readonly maxOverflow: number;
  /** Per pool, outside of it: probe, new logins, and the watch over read replicas. */
  readonly watching: number;
  /** For migrators, backups and people. */
  readonly reserve: number;
}

/** What the server has for them. */
export interface Supply {
  readonly maxConnections: number;
  /** Kept for superusers and for `reserved_connections`. */
  readonly kept: number;
  /** CONNECTION LIMIT of the role and of the database; undefined without one. */
  readonly roleLimit?: number;
  readonly databaseLimit?: number;
}

/** Whether it fits, and what would. */
export function judgeBudget(demand: Demand, supply: Supply): Finding {
  const { instances, pools, size, maxOverflow, watching, reserve } = demand;
  const { available, named } = least(supply);
  const each = `(${size} + ${maxOverflow} + ${watching})`;
  const product = [instances, ...(pools > 1 ? [pools] : []), each].join(' × ');
  const needed = instances * pools * (size + maxOverflow + watching) + reserve;
  const sum = `${product} + ${reserve} in reserve = ${needed} of ${available} connections (${named})`;
  if (needed <= available) return passed(sum);
  return failed('POOL_BUDGET_EXCEEDED', `${sum}; ${suggestion(demand, available)}`);
}

function least({ maxConnections, kept, roleLimit, databaseLimit }: Supply) {
  const limits = [
    { available: maxConnections - kept, named: `max_connections ${maxConnections} less ${kept}` },
    { available: roleLimit ?? Infinity, named: 'CONNECTION LIMIT of the role' },
    { available: databaseLimit ?? Infinity, named: 'CONNECTION LIMIT of the database' },
  ];
  return limits.reduce((one, other) => (other.available < one.available ? other : one));
}

/** As much as fits: connections that are kept before those that come and go. */
function suggestion(demand: Demand, available: number): string {
  const { instances, pools, size, watching, reserve } = demand;
  const perPool = Math.floor((available - reserve) / (instances * pools)) - watching;
  if (perPool < 1) return 'not even DB_POOL_SIZE=1 fits';
  const kept = Math.min(size, perPool);
  return `DB_POOL_SIZE=${kept} and DB_MAX_OVERFLOW=${perPool - kept} would fit`;
}
