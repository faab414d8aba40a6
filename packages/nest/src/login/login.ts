import { normalizedName, type Operator } from '@holdfast/guard/credentials/credentials';
import type { Caller } from '../auth/caller.js';
import { CallerRefused } from '../auth/caller-refused.js';
import type { OperatorSessions } from '../auth/operator-sessions.js';
import { ReasonError } from '../reasons.js';
import type { DerivedKey } from './derived-key.js';
import type { HashGate } from './hash-gate.js';
import type { KnownBrowsers } from './known-browsers.js';
import type { LoginAudit, Tried } from './login-audit.js';
import type { LoginThrottle } from './login-throttle.js';
import type { Operators } from './operators.js';
import { decoyOf, hashPassword, isOutdated, isPassword, readHash } from './password.js';
import type { Renewable, Sessions } from './sessions.js';
import type { TokenIssuer } from './token-issuer.js';

/** What is asked for by whom. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Of the client, as the proxies of TRUSTED_PROXIES give it. */
  readonly address: string;
  /** That the browser was given at an earlier log-in. */
  readonly mark: string | undefined;
}

/** What an operator goes on with. */
export interface LoggedIn {
  readonly user: string;
  readonly scopes: readonly string[];
  readonly accessToken: string;
  /** Renews it, once. */
  readonly refreshToken: string;
  readonly csrfToken: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** By which the browser is known again; only of a log-in. */
  readonly mark?: string;
}

export interface LoginParts {
  readonly operators: Operators;
  readonly throttle: LoginThrottle;
  readonly sessions: Sessions;
  readonly issuer: TokenIssuer;
  readonly audit: LoginAudit;
  readonly gate: HashGate;
  readonly browsers: KnownBrowsers;
  /** Of CSRF tokens, and of names as they are counted. */
  readonly csrf: DerivedKey;
  readonly names: DerivedKey;
  /** What clients that prove nothing are told apart by. */
  readonly networkOf: (address: string) => string;
}

/** Log-ins of operators: who may, how often they may try, and what they go on with. */
export class Login implements OperatorSessions {
  #keepsHashes = false;

  constructor(private readonly parts: LoginParts) {}

  /** @throws LOGIN_FAILED, LOGIN_BLOCKED, LOGIN_BUSY */
  async logIn(given: Credentials): Promise<LoggedIn> {
    const { gate, browsers, networkOf } = this.parts;
    const name = normalizedName(given.username);
    const client = networkOf(given.address);
    const browser = browsers.idOf(given.mark, name);
    const counted =
      browser === undefined ? [`address ${client}`, `name ${name}`] : [`mark ${browser}`];
    return gate.run(client, browser !== undefined, () => this.#try(given, name, counted));
  }

  /** @throws SESSION_ENDED, LOGIN_STATE_UNAVAILABLE */
  async refresh(token: string | undefined, address: string): Promise<LoggedIn> {
    const { sessions, audit, operators } = this.parts;
    const found = await sessions.renew(token ?? '');
    if (found.kind === 'unavailable') {
      throw new ReasonError('LOGIN_STATE_UNAVAILABLE', { retryAfterSeconds: 5 });
    }
    if (found.kind !== 'renewed') {
      // Of what was never handed out here nobody is told: anybody may send it.
      if (found.kind !== 'unknown') audit.renewalRefused(found.user, address, found.kind);
      throw CallerRefused.session();
    }
    const { renewable } = found;
    const { user } = renewable.session;
    const operator = operators.find(user);
    if (operator?.id === renewable.session.operator) return this.#goOn(operator, renewable);
    audit.renewalRefused(user, address, 'removed');
    await sessions.end(renewable.id);
    throw CallerRefused.session();
  }

  async logOut(session: string, address: string): Promise<void> {
    const user = await this.parts.sessions.end(session);
    if (user !== undefined) this.parts.audit.logout(user, address);
  }

  isLive({ subject, session, operator }: Caller): boolean {
    const { operators, sessions } = this.parts;
    const isSame = operator !== undefined && operators.find(subject)?.id === operator;
    return isSame && session !== undefined && !sessions.hasEnded(session);
  }

  isCsrfToken(session: string, token: string): boolean {
    return this.parts.csrf.hasSigned(session, token);
  }

  csrfToken(session: string): string {
    return this.parts.csrf.sign(session);
  }

  /** The same work for whoever it is, but for names that are blocked, whether there are such operators or not. */
  async #try(
    { password, address }: Credentials,
    name: string,
    counted: readonly string[],
  ): Promise<LoggedIn> {
    const { operators, throttle, sessions, audit, browsers, names } = this.parts;
    const operator = operators.find(name);
    const tried: Tried = { name, isKnown: operator !== undefined, address };
    const attempt = await throttle.begin(counted.map((each) => names.sign(each)));
    if (attempt.blockedMs > 0) {
      audit.failure(tried, 'blocked');
      const retryAfterSeconds = Math.ceil(attempt.blockedMs / 1000);
      throw new ReasonError('LOGIN_BLOCKED', { retryAfterSeconds });
    }
    const decoy = decoyOf(operators.costFor(name));
    const isRight = await isPassword(password, operator ? readHash(operator.password) : decoy);
    if (!operator || !isRight) {
      audit.failure(tried, operator ? 'password' : 'unknown');
      throw CallerRefused.login();
    }
    await attempt.succeed();
    await this.#renewHash(operator, password);
    audit.success(tried);
    const loggedIn = await this.#goOn(operator, await sessions.begin(operator));
    return { ...loggedIn, mark: browsers.mark(name) };
  }

  async #goOn(operator: Operator, { id, token, session }: Renewable): Promise<LoggedIn> {
    const { name, scopes } = operator;
    return {
      user: name,
      scopes,
      accessToken: await this.parts.issuer.issue(operator, id),
      refreshToken: token,
      csrfToken: this.csrfToken(id),
      until: session.until,
    };
  }

  /** The password is known now: its hash can become as strong as new ones are. */
  async #renewHash(operator: Operator, password: string): Promise<void> {
    if (this.#keepsHashes || !isOutdated(readHash(operator.password))) return;
    try {
      await this.parts.operators.replaceHash(operator, await hashPassword(password));
    } catch (error) {
      // A file that is mounted read-only stays so: it is told once.
      this.#keepsHashes = true;
      this.parts.audit.hashKept(operator.name, error);
    }
  }
}
