import type { DsnFault } from './dsn-fault.js';
import './reasons.js';

/** What the names of values that are to be put in are made of. */
const WORD =
  /pass|pw|secret|user|name|host|server|data|db|your|token|key|project|ref|region|endpoint|port|url|string/i;
/** Names that nobody gives anything. */
const NAME =
  /^(?:(?:your|Your|YOUR)[-_ ]?\w[\w .-]*|(?:DB_?|PG_?|POSTGRES_?)?(?:USER|USERNAME|PASSWORD|PASS|HOST|HOSTNAME|SERVER|DATABASE|DBNAME|NAME|PORT))$/;
/** What templates and examples have in place of a value. */
const EXAMPLE =
  /^(?:(?:INSERT|ENTER|PUT|ADD)[-_ ][A-Z0-9_ -]*HERE|[A-Z][A-Z0-9_-]*[-_]HERE|TBD|FIXME|PLACEHOLDER|REDACTED)$/;
const EXAMPLE_IN_ANY_CASE = /^(?:change|replace)[-_ ]?(?:me|this)$/i;
/** What templates and shells would have put a value in place of. */
const TEMPLATE =
  /^(?:\$\{+[^{}]+\}+|\$\([^()]+\)|\$[A-Z][A-Z0-9_]{2,}|\{\{.+\}\}|<%.+%>|#\{[^{}]+\}#?)$/s;
/** What a printed secret is hidden behind. */
const MASK = /^(?:x{3,}|X{3,}|\*{3,}|•{3,}|\.{3,}|…)$/;
const ENCLOSED =
  /^(?:\[([A-Za-z][\w .-]*)\]|<([A-Za-z][\w .-]*)>|\{([A-Za-z][\w .-]*)\}|%([A-Za-z]\w*)%|__([A-Za-z]\w*)__)$/;
/** Within a name: no name of a host, a user or a database has these. */
const ENCLOSED_WITHIN =
  /\$\{|<[A-Za-z][\w .-]*>|\{[A-Za-z][\w .-]*\}|\[[A-Za-z][A-Za-z _-]*\]|\byour[-_]/i;

/** Whether the whole of a part stands for a value that is still to be put in. */
function isPlaceholder(part: string): boolean {
  const patterns = [TEMPLATE, MASK, NAME, EXAMPLE, EXAMPLE_IN_ANY_CASE];
  if (patterns.some((pattern) => pattern.test(part))) return true;
  const inner = ENCLOSED.exec(part)?.slice(1).find(Boolean);
  return inner !== undefined && WORD.test(inner);
}

const PARTS = /^\s*[a-z][a-z0-9+:]*:\/\/(?:([^:@/]*)(?::(.*))?@)?([^/?#@]*)(?:\/([^?#]*))?/is;

/**
 * The parts of a connection string in which a placeholder was left. A password is judged as a whole, as
 * it is written: with its brackets percent-encoded it is taken as it is.
 */
export function placeholders(text: string): readonly DsnFault[] {
  if (isPlaceholder(text.trim())) return [fault('all of it')];
  const [, user = '', password = '', servers = '', database = ''] = PARTS.exec(text) ?? [];
  const names = { user, host: servers, database };
  const hosts = servers.split(',').flatMap((server) => server.split(':'));
  return [
    ...Object.entries(names).flatMap(([part, value]) => {
      const values = part === 'host' ? hosts : [value];
      const isLeft = values.some((each) => isPlaceholder(each)) || ENCLOSED_WITHIN.test(value);
      return isLeft ? [fault(`the ${part}`)] : [];
    }),
    ...(isPlaceholder(password) ? [fault('the password')] : []),
  ];
}

function fault(part: string): DsnFault {
  return {
    code: 'DSN_PLACEHOLDER',
    message: `has a placeholder in place of ${part}`,
    ...(part === 'the password' && {
      fix: 'Put the password in its place, percent-encoded; if this is the password, percent-encode its brackets and signs too (encodeURIComponent leaves * and . as they are: %2A, %2E).',
    }),
  };
}
