import { table } from '@holdfast/core/table';
import type { Cause, CheckStatus, ProblemStatus, Status } from './status.js';
import { between, changeText, timeText, UNCOMPARED, verdictOf } from './words.js';

/** What the page says, as text: for the terminal and for support. Nothing in a status holds a secret. */
export function statusReport(status: Status): string {
  const { service, profile, environment, timestamp, since } = status;
  const commit = service.commit === null ? '' : ` (${service.commit.slice(0, 7)})`;
  const place = environment === null ? profile : `${profile}, ${environment}`;
  const begun = since === null ? '' : ` since ${timeText(since)}, for ${between(since, timestamp)}`;
  return [
    `${verdictOf(status)}${begun}\n`,
    `${service.name} ${service.version}${commit}, ${place}, ${[...ofProcess(status), `as of ${timeText(timestamp)}`].join(', ')}\n`,
    ...status.causes.map(causeText),
    problemsText(status.problems, status.causes),
    `\n${checksText(status.checks)}`,
    transitionsText(status),
    poolsText(status),
    migrationsText(status),
    changesText(status),
  ].join('');
}

function ofProcess({ service: { node }, started_at: startedAt }: Status): readonly string[] {
  return [
    ...(node === null ? [] : [`Node ${node}`]),
    ...(startedAt === null ? [] : [`started ${timeText(startedAt)}`]),
  ];
}

function causeText({ check, code, meaning, fix, commands, runbook }: Cause): string {
  const typed = commands.map((command) => `    $ ${command}\n`).join('');
  return `\n${code} (${check})\n  ${meaning}\n  ${fix}\n${typed}  ${runbook}\n`;
}

function problemsText(problems: readonly ProblemStatus[], causes: readonly Cause[]): string {
  if (problems.length === 0) return '';
  const rows = problems.map(({ code, status, count, last_at: lastAt }) => [
    code,
    String(status),
    String(count),
    timeText(lastAt),
  ]);
  const known = new Set(causes.map(({ code }) => code.split(':', 1)[0]));
  const advice = problems.flatMap(({ code, advice: what }) =>
    what === null || known.has(code)
      ? []
      : [`\n${code}\n  ${what.meaning}\n  ${what.fix}\n  ${what.runbook}\n`],
  );
  return `\n${table([['TOLD TO CLIENTS', 'STATUS', 'IN 5 MIN', 'LAST'], ...rows])}${advice.join('')}`;
}

function checksText(checks: readonly CheckStatus[]): string {
  const rows = checks.map(({ name, ok, detail, code = '', because, latency_ms: latency }) => [
    name,
    ok ? 'well' : 'fails',
    latency === undefined ? detail : `${detail}, ${latency.toFixed(1)} ms`,
    because === undefined ? code : `${code} because of ${because}`,
  ]);
  return table([['CHECK', 'STATE', 'DETAIL', 'CODE'], ...rows]);
}

function transitionsText({ checks }: Status): string {
  const all = checks
    .flatMap(({ name, transitions }) => transitions.map((each) => ({ name, ...each })))
    .toSorted((a, b) => b.at.localeCompare(a.at));
  if (all.length === 0) return '';
  const rows = all.map(({ at, name, ok, code }) => [
    timeText(at),
    name,
    ok ? 'well again' : `failed: ${code}`,
  ]);
  return `\n${table([['CHANGED', 'CHECK', 'TO'], ...rows])}`;
}

function poolsText({ pools }: Status): string {
  if (pools.length === 0) return '';
  const rows = pools.map((pool) => [
    pool.name,
    `${pool.checked_out}/${pool.size + pool.max_overflow}`,
    String(pool.idle),
    String(pool.waiting),
    String(pool.timeouts_total),
    String(Math.max(0, ...pool.load.used)),
    String(Math.max(0, ...pool.load.waiting)),
  ]);
  const head = ['POOL', 'IN USE', 'IDLE', 'WAITING', 'TIMED OUT', 'MOST IN USE', 'MOST WAITING'];
  return `\n${table([head, ...rows])}`;
}

function migrationsText({ migrations: { stores } }: Status): string {
  const rows = Object.entries(stores).map(
    ([store, { backend, status, current, applied, expected, pending }]) => [
      store,
      backend,
      status,
      current ?? 'none',
      `${applied}/${expected}`,
      pending.join(', '),
    ],
  );
  if (rows.length === 0) return '';
  return `\n${table([['STORE', 'BACKEND', 'STATUS', 'AT', 'APPLIED', 'PENDING'], ...rows])}`;
}

function changesText({ since_start: since }: Status): string {
  if (since === null) return '';
  const head = '\nCHANGED SINCE THE LAST START\n';
  if (!since.known) return `${head}${UNCOMPARED[since.why]}\n`;
  const all = since.changes.map((change) => `${changeText(change)}\n`).join('');
  return `${head}with the start of ${timeText(since.at)}, before it that of ${timeText(since.before_at)}:\n${all}`;
}
