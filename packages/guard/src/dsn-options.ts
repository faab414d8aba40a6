/** What routes a connection before there is a session: Neon's, CockroachDB's and Supabase's. */
const ROUTE = /^(?:endpoint|project|reference)=[\w.-]+$|^--cluster=[\w.-]+$/;

/**
 * Settings of a session on which nothing that Holdfast sets or relies on depends: plans, memory, logs,
 * keep-alives. Settings with a dot are an extension's or a policy's own.
 */
const HARMLESS =
  /^(?:[a-z_]\w*\.\w[\w.]*|enable_\w+|geqo(_\w+)?|jit(_\w+)?|(random|seq)_page_cost|cpu_\w+_cost|parallel_\w+_cost|effective_cache_size|effective_io_concurrency|work_mem|maintenance_work_mem|hash_mem_multiplier|temp_buffers|max_parallel_\w+|(from|join)_collapse_limit|plan_cache_mode|default_statistics_target|constraint_exclusion|compute_query_id|log_\w+|track_\w+|client_min_messages|tcp_\w+)$/i;

/** Why a name is not harmless, where there is more to say than that. */
const HARMFUL: readonly (readonly [RegExp, string])[] = [
  [/^(search_path|role|session_authorization)$/i, 'it belongs to the role: ALTER ROLE … SET …'],
  [/^statement_timeout$/i, 'set DB_STATEMENT_TIMEOUT_MS'],
  [/^lock_timeout$/i, 'set DB_LOCK_TIMEOUT_MS'],
  [
    /^(idle_in_transaction_session|idle_session|transaction|deadlock)_timeout$/i,
    'statements and locks are bounded by DB_STATEMENT_TIMEOUT_MS',
  ],
  [
    /^default_transaction_(read_only|isolation|deferrable)$/i,
    'the service writes, and chooses the isolation of its transactions',
  ],
  [/^(synchronous_commit|fsync|full_page_writes)$/i, 'an acknowledged write has to last'],
  [/^(session_replication_role|row_security)$/i, 'it turns off what guards the data'],
  [/^application_name$/i, 'write application_name= as a parameter of its own'],
];

export type Options =
  | { readonly options: string }
  | { readonly refused: readonly { readonly name: string | undefined; readonly use: string }[] };

/** Judges what `options` would set at the start of a session. */
export function readOptions(text: string): Options {
  const words = text.match(/(?:\\.|[^\s\\])+/gs) ?? [];
  const refused: { name: string | undefined; use: string }[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (ROUTE.test(word)) continue;
    const assignment =
      word === '-c' ? (words[(at += 1)] ?? '') : (/^(?:-c|--)(.+)$/s.exec(word)?.[1] ?? '');
    const [, given, value] = /^([A-Za-z_][\w.-]*)=(.+)$/s.exec(assignment) ?? [];
    const name = given?.replaceAll('-', '_');
    if (name === undefined || value === undefined) {
      refused.push({ name: undefined, use: 'write -c NAME=VALUE or endpoint=NAME' });
    } else if (!HARMLESS.test(name) && !(/^timezone$/i.test(name) && /^(utc|gmt)$/i.test(value))) {
      const [pattern, use] = HARMFUL.find(([each]) => each.test(name)) ?? [];
      refused.push({
        name: pattern && /^\w{1,40}$/.test(name) ? name : undefined,
        use: use ?? 'it is not known to be harmless; it belongs to the role: ALTER ROLE … SET …',
      });
    }
  }
  return refused.length > 0 || words.length === 0 ? { refused } : { options: text.trim() };
}
