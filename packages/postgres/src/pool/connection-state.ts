import type pg from 'pg';
import { breaksConnection } from '../faults/faults.js';

/** SQLSTATE: it is not known what has become of the statement. */
const STATEMENT_COMPLETION_UNKNOWN = '40003';

/** What the server says of a statement that it has refused. */
interface ServerError {
  readonly severity?: string;
  readonly code?: string;
  /** Read by `requestFault`: the service itself has cancelled it, since a request's time was up. */
  isCutShort?: true;
}

/** What is not in the types of `pg`. */
interface Internals {
  /** False while a statement is being carried out. */
  readonly readyForQuery?: boolean;
}

/**
 * Whether a connection may be used again. Everything that spoils it passes here, whatever sent the
 * statement and whatever becomes of its error.
 */
export class ConnectionState {
  /** Its borrower's time was up, and its statement is cancelled for that. */
  isPastDeadline = false;
  #isClosing = false;
  #isSpoiled = false;
  #isLost = false;
  /** The server has refused a statement and not yet said that it is ready for the next. */
  #isRecovering = false;

  /** @param onSpoiled is given the SQLSTATE, when the server said one */
  constructor(
    private readonly client: pg.Client & { readonly loggedInAt: number },
    private readonly onSpoiled: (code: string | undefined) => void,
  ) {
    // Listened to for as long as it lives: an error without a listener would end the process.
    client.on('error', () => {
      this.#lose();
    });
    client.on('end', () => {
      this.#lose();
    });
    const { connection } = client;
    connection.on('errorMessage', (message: ServerError) => {
      this.#isRecovering = true;
      if (this.isPastDeadline) message.isCutShort = true;
      if (breaksConnection(message)) this.spoil(message.code);
    });
    connection.on('readyForQuery', () => {
      this.#isRecovering = false;
    });
    connection.on('notice', (notice: { routine?: string }) => {
      if (isCommitInDoubt(notice)) this.#failCommit();
    });
  }

  get isLost(): boolean {
    return this.#isLost || !this.client.connection.stream.writable;
  }

  get isSpoiled(): boolean {
    return this.#isSpoiled || this.isLost || (this.isWaiting && !this.#isRecovering);
  }

  /** Whether a statement is under way. */
  get isWaiting(): boolean {
    return (this.client as Internals).readyForQuery !== true;
  }

  get hasFailedTransaction(): boolean {
    return this.#isRecovering || this.client.getTransactionStatus() === 'E';
  }

  get needsReset(): boolean {
    return this.#isRecovering || this.client.getTransactionStatus() !== 'I';
  }

  /** It is closed on purpose from now on; one whose other end has hung up before was lost, though nothing has said so yet. */
  beginClosing(): void {
    if (this.isLost) this.#lose();
    this.#isClosing = true;
  }

  spoil(code?: string): void {
    if (this.#isSpoiled) return;
    this.#isSpoiled = true;
    // A login that failed says nothing about others, and a connection that was closed even less.
    if (this.client.loggedInAt > 0 && !this.#isClosing) this.onSpoiled(code);
  }

  /** The statement fails in place of ending well: its write is kept here, but perhaps nowhere else. */
  #failCommit(): void {
    this.spoil();
    const error = Object.assign(new Error('the commit did not wait for its standbys'), {
      code: STATEMENT_COMPLETION_UNKNOWN,
    });
    const { connection } = this.client;
    connection.emit('errorMessage', error);
    connection.stream.destroy(error);
  }

  #lose(): void {
    this.#isLost = true;
    this.spoil();
  }
}

/**
 * A cancel, wherever it came from, that hits the wait for a synchronous standby makes a warning of it,
 * and the commit ends well. It has no SQLSTATE of its own, and its words are the server's language.
 */
function isCommitInDoubt({ routine }: { readonly routine?: string }): boolean {
  return routine === 'SyncRepWaitForLSN';
}
