import type { Server, ServerResponse } from 'node:http';
import { AsyncResource } from 'node:async_hooks';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { linger, lingerAtEnd, lookForHalfClosed } from './linger.js';

type Response = ServerResponse;

/** Milliseconds within which a client that has connected sends its first request. */
const FIRST_REQUEST_MS = 250;
/** For an answer to be taken: a client that reads nothing would keep it, its socket and its caller's place. */
const ANSWER_TIMEOUT_MS = 60_000;
/** What a client takes at least of a large answer in a millisecond, beyond that time: 1 Mbit/s. */
const LEAST_BYTES_PER_MS = 125;

/**
 * Requests of one socket that wait for those before them: clients that send ahead at all send a few, and each takes
 * memory that nothing else bounds.
 */
const MOST_WAITING = 100;

/** Accepting those that have connected takes this long at most: a hundred take 15 ms, and more may come all the time. */
const ACCEPT_MS = 50;
/** The first may have begun after the system was asked. */
const TURNS_IN_VAIN = 2;

type Sockets = Map<Socket, Set<Response>>;

/** The sockets of the HTTP server and what is still to be answered on them. */
export class Connections {
  readonly #unanswered: Sockets = new Map();
  /** The same of the port of operations, which ends by itself: the main one does not wait for them. */
  readonly #ofOperations: Sockets = new Map();
  /** What begins with a request whose turn on its socket has not come. */
  readonly #waiting = new WeakMap<Response, () => void>();
  /** When those were accepted on which no request has come yet, as `performance.now()` tells it. */
  readonly #unused = new Map<Socket, number>();
  /** Sockets whose last request was answered before all of it had come. */
  readonly #receiving = new WeakSet<Socket>();
  /** The last answer of a socket, behind those that are still to come. */
  readonly #last = new WeakMap<Socket, string>();
  /** When those answers were seen first that their clients have not taken yet. */
  readonly #sending = new WeakMap<Response, number>();
  /** Milliseconds that large answers may take beyond the time of all. */
  readonly #moreTime = new WeakMap<Response, number>();
  /** Sockets whose request is read by a route that bounds its time by itself. */
  readonly #arrivingLate = new WeakSet<Socket>();
  #server: Server | undefined;
  /** Sockets that were accepted, ever. */
  #accepted = 0;
  #lastChange = performance.now();
  #areLast = false;

  constructor(private readonly answerTimeoutMs = ANSWER_TIMEOUT_MS) {}

  watch(server: Server): void {
    this.#server = server;
    const timer = setInterval(() => {
      this.#dropSlowReaders();
    }, this.answerTimeoutMs / 12).unref();
    server.once('close', () => {
      clearInterval(timer);
    });
    server.on('connection', (socket: Socket) => {
      this.#take(socket, this.#unanswered);
      this.#accepted += 1;
      this.#lastChange = performance.now();
      this.#unused.set(socket, this.#lastChange);
      socket.once('close', () => {
        this.#unused.delete(socket);
        this.#lastChange = performance.now();
      });
    });
  }

  /** Its answers have the same order and bounds; nothing is told of its sockets. */
  watchOperations(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#take(socket, this.#ofOperations);
    });
  }

  #take(socket: Socket, sockets: Sockets): void {
    const unanswered = new Set<Response>();
    sockets.set(socket, unanswered);
    lingerAtEnd(socket, () => this.#receiving.has(socket));
    lookForHalfClosed(socket, () => unanswered);
    // Nobody is owed an answer on it any more: a response whose client has left never finishes.
    socket.once('close', () => sockets.delete(socket));
  }

  #unansweredOn(socket: Socket): Set<Response> | undefined {
    return this.#unanswered.get(socket) ?? this.#ofOperations.get(socket);
  }

  /**
   * Each request of a socket begins when the one before it has been answered and its answer was taken:
   * a client that pipelines many and reads nothing has one answer in memory. One that nobody can be
   * answered does not begin, and a client that sends more ahead than may wait is left.
   */
  begin(response: Response, go: () => void): void {
    const { socket } = response.req;
    this.#unused.delete(socket);
    if (socket.destroyed || socket.writableEnded) return;
    if (this.#areLast) response.setHeader('connection', 'close');
    const unanswered = this.#unansweredOn(socket);
    unanswered?.add(response);
    if (unanswered && unanswered.size > 1 + MOST_WAITING) socket.destroy();
    else if (unanswered && unanswered.size > 1) this.#waiting.set(response, AsyncResource.bind(go));
    else go();
  }

  end(response: Response): void {
    const { socket } = response.req;
    const unanswered = this.#unansweredOn(socket);
    unanswered?.delete(response);
    if (unanswered && unanswered.size > 0) this.#beginNextOf(unanswered);
    const last = this.#last.get(socket);
    if (last !== undefined && unanswered?.size === 0) linger(socket, last);
  }

  /** Not at once: who sends many ahead would have them all answered before anybody else's were read. */
  #beginNextOf(unanswered: ReadonlySet<Response>): void {
    const [next] = unanswered;
    if (next)
      setImmediate(() => {
        this.#beginNext(next);
      });
  }

  #beginNext(response: Response): void {
    const { socket } = response.req;
    if (socket.destroyed || socket.writableEnded) return;
    const go = this.#waiting.get(response);
    this.#waiting.delete(response);
    go?.();
  }

  /** What is being answered may end the socket: says whether its request has come to its end. */
  willAnswer({ req }: Response): void {
    if (req.complete) this.#receiving.delete(req.socket);
    else this.#receiving.add(req.socket);
  }

  /** The request has no bound of the service's for its body to arrive: whoever reads it has one. */
  letArriveLate(response: Response): void {
    const { socket } = response.req;
    this.#arrivingLate.add(socket);
    response.once('close', () => this.#arrivingLate.delete(socket));
  }

  mayArriveLate(socket: Socket): boolean {
    return this.#arrivingLate.has(socket);
  }

  /** A large answer may take longer to be taken, by its size. */
  expectLarge(response: Response, bytes: number): void {
    this.#moreTime.set(response, bytes / LEAST_BYTES_PER_MS);
  }

  /** Answers what is no request, after the requests before it, and takes no more from the socket. */
  answerLast(socket: Socket, answer: string): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const whole = [...(this.#unansweredOn(socket) ?? [])].filter(({ req }) => req.complete);
    if (whole.length === 0) linger(socket, answer);
    else this.#last.set(socket, answer);
  }

  get open(): number {
    return this.#unanswered.size;
  }

  /** Requests that have begun and have not been answered, of clients that are still there. */
  get inFlight(): number {
    let count = 0;
    for (const { size } of this.#unanswered.values()) count += size;
    return count;
  }

  /** Sockets that are so new that their first request is probably on its way. */
  get expected(): number {
    const now = performance.now();
    return [...this.#unused.values()].filter((since) => now - since < FIRST_REQUEST_MS).length;
  }

  /** Milliseconds for which no socket has been open; 0 while one is. */
  get idleMs(): number {
    return this.open > 0 ? 0 : performance.now() - this.#lastChange;
  }

  /** From now on every answer, also to what is in flight, is the last on its socket. */
  closeAfterAnswers(): void {
    this.#areLast = true;
    for (const responses of this.#unanswered.values()) {
      for (const response of responses) {
        if (!response.headersSent) response.setHeader('connection', 'close');
      }
    }
  }

  /** Accepts what has connected already, of which Node takes one in a turn of the event loop. */
  async acceptWaiting(): Promise<void> {
    const deadline = performance.now() + ACCEPT_MS;
    for (let vain = 0; vain < TURNS_IN_VAIN && performance.now() < deadline;) {
      const before = this.#accepted;
      await turn();
      vain = this.#accepted > before ? 0 : vain + 1;
    }
  }

  /**
   * Accepts no more sockets and leaves those that are open alone: `http.Server` would destroy the
   * idle ones, and with them a request that has just been sent.
   */
  stopListening(): void {
    if (this.#server?.listening) NetServer.prototype.close.call(this.#server);
  }

  /**
   * Says on every socket without a request that nothing more comes, and continues to read: what a
   * client has just sent meets an end of the stream, on which it may send again, and no reset.
   */
  endIdle(): void {
    for (const [socket, { size }] of this.#unanswered) {
      if (size === 0 && !socket.writableEnded) socket.end();
    }
  }

  #dropSlowReaders(): void {
    const now = performance.now();
    for (const [socket, responses] of [...this.#unanswered, ...this.#ofOperations]) {
      for (const response of responses) {
        if (!response.headersSent) continue;
        const since = this.#sending.get(response);
        if (since === undefined) this.#sending.set(response, now);
        else if (now - since >= this.answerTimeoutMs + (this.#moreTime.get(response) ?? 0))
          socket.destroy();
      }
    }
  }

  destroy(): void {
    for (const socket of this.#unanswered.keys()) socket.destroy();
  }
}
