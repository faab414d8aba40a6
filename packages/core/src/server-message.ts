/**
 * SQLSTATEs whose sentence is about the connection, the session, or names of the schema: connections,
 * rights, locks, resources, the operator, the system. Those of class 22, 23 and P0, and a syntax error,
 * can hold values of a statement.
 */
const SAFE_STATES =
  /^(08|0A|28|3D|3F|53|57|58|55|40|25|XX|F0|42501|42P01|42703|42883|42704|42P10|42804|42846|42P18|42702|42725)/;
/** A RAISE of somebody's function can say anything under any code. */
const RAISE_ROUTINE = 'exec_stmt_raise';
const MAX_CHARACTERS = 300;

/** Of an error that a server has sent. */
interface ServerError {
  readonly severity?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly routine?: unknown;
}

/**
 * What a server has said in its own words, on one line, where it holds no values of users.
 * @returns undefined of what no server has said, and of what may hold values
 */
export function safeServerMessage(error: unknown): string | undefined {
  const { severity, code, message, routine } = (error ?? {}) as ServerError;
  if (
    !isSqlState(code) ||
    typeof message !== 'string' ||
    routine === RAISE_ROUTINE ||
    !SAFE_STATES.test(code)
  )
    return undefined;
  const words = message.replace(/[\p{Cc}\s]+/gu, ' ').slice(0, MAX_CHARACTERS);
  return typeof severity === 'string' ? `${severity}: ${words}` : words;
}

/** An SQLSTATE never begins with E, as the codes of Node do (`EPIPE`). */
export function isSqlState(code: unknown): code is string {
  return typeof code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(code);
}
