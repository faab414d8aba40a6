import { setLoopAwareTimeout } from '@holdfast/core/loop-aware-timeout';
import type { DatabaseSession } from '@holdfast/postgres/sessions/session';

/** As `pg` says it. */
const LATE = 'timeout expired';

/**
 * Opens sessions to a server that may be slow. An attempt may take the whole time to connect, so that
 * a login that takes longer than an answer of a probe succeeds in the end. But a server that is back
 * answers a new one and may never answer that: until it ends, each `open` tries another one as well.
 */
export class HedgedLogin {
  /** The attempt that continues from one `open` to the next. */
  #slow: Promise<DatabaseSession> | undefined;

  /**
   * @param attempt opens a session; gives up when the server sends nothing for so long, or has had the
   * whole time to connect
   * @param promptMs after which `open` fails, and the longest gap between bytes for the attempts next to a slow one
   */
  constructor(
    private readonly attempt: (loginIdleMs?: number) => Promise<DatabaseSession>,
    private readonly promptMs: number,
  ) {}

  /** @returns the first session that opens @throws why the newest attempt has failed, or is late */
  open(): Promise<DatabaseSession> {
    const slow = this.#slow;
    return slow ? this.#nextTo(slow) : this.#first();
  }

  #first(): Promise<DatabaseSession> {
    return new Promise((resolve, reject) => {
      const attempt = this.attempt();
      let isLate = false;
      const stop = setLoopAwareTimeout(this.promptMs, () => {
        isLate = true;
        this.#keep(attempt);
        reject(new Error(LATE));
      });
      const end = (finish: () => void) => {
        stop();
        if (!isLate) finish();
      };
      attempt.then(
        (session) => {
          end(() => {
            resolve(session);
          });
        },
        (error: unknown) => {
          end(() => {
            reject(error instanceof Error ? error : new Error('the login failed'));
          });
        },
      );
    });
  }

  #keep(attempt: Promise<DatabaseSession>): void {
    this.#slow = attempt;
    attempt.catch(() => {
      if (this.#slow === attempt) this.#slow = undefined;
    });
  }

  /** Whichever opens first is the one to use; the other is closed. */
  #nextTo(slow: Promise<DatabaseSession>): Promise<DatabaseSession> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (finish: () => void) => {
        isOver = true;
        finish();
      };
      const use = (session: DatabaseSession) => {
        if (this.#slow === slow) this.#slow = undefined;
        end(() => {
          resolve(session);
        });
      };
      // A failure of the slow one says nothing about the one that has just begun.
      slow.then((session) => {
        if (!isOver) use(session);
      }, ignore);
      this.attempt(this.promptMs).then(
        (session) => {
          if (isOver) {
            session.destroy();
            return;
          }
          use(session);
          slow.then(destroy, ignore);
        },
        (error: unknown) => {
          end(() => {
            reject(error instanceof Error ? error : new Error('the login failed'));
          });
        },
      );
    });
  }
}

const ignore = () => undefined;

function destroy(session: DatabaseSession): void {
  session.destroy();
}
