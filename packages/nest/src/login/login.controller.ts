import type { IncomingMessage } from 'node:http';
import { Body, Controller, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { z } from 'zod';
import { Public } from '../auth/access.js';
import { rawRequest, rawResponse } from '../auth/caller.js';
import { CALLER_GATE, type CallerGate } from '../auth/caller-gate.js';
import { CallerRefused } from '../auth/caller-refused.js';
import { assertCsrf, assertOwnOrigin, cookieOf } from '../auth/session-cookie.js';
import { type ApiTag, Operation } from '../http/operation.js';
import { clearCookies, MARK_COOKIE, REFRESH_COOKIE, setCookies } from './cookies.js';
import { Login } from './login.js';
import * as wire from './login.wire.js';
import { sessionOf } from './sessions.js';

type GivenRequest = Parameters<typeof rawRequest>[0] & { readonly ip?: string };
type GivenReply = Parameters<typeof rawResponse>[0];

const TAG: ApiTag = { name: 'log-in', description: 'Log-ins of operators.' };
const NO_STORE = ['Cache-Control', 'no-store'] as const;
const CSRF = {
  name: 'X-CSRF-Token',
  description: '`csrf_token` of the log-in, where the cookie says who asks.',
  required: false,
  example: wire.example.csrf_token,
};

/** Log-ins of operators, for programs and for pages with scripts. */
@Controller('api')
@Public()
export class LoginController {
  constructor(
    private readonly login: Login,
    @Inject(CALLER_GATE) private readonly gate: CallerGate,
  ) {}

  @Post('login')
  @HttpCode(200)
  @Header(...NO_STORE)
  @Operation({
    summary: 'Log in: a token of a quarter of an hour, and cookies for a browser',
    description:
      'For operators that `holdfast user add` has added. 10 failures in 15 minutes, of a name or from an address, block it for 15; a browser in which somebody has logged in before is counted by itself.',
    tag: TAG,
    returns: {
      200: { description: 'Logged in.', schema: wire.LoggedInBody, example: wire.example },
    },
    errors: ['LOGIN_FAILED', 'LOGIN_BLOCKED', 'LOGIN_BUSY', 'CSRF_TOKEN_INVALID', 'RATE_LIMITED'],
    example: { username: 'ada', password: 'correct horse battery staple' },
  })
  async logIn(
    @Body({ schema: wire.LoginBody }) body: z.output<typeof wire.LoginBody>,
    @Req() given: GivenRequest,
    @Res({ passthrough: true }) reply: GivenReply,
  ) {
    const request = rawRequest(given);
    assertOwnOrigin(request);
    const mark = cookieOf(request, MARK_COOKIE);
    const loggedIn = await this.login.logIn({ ...body, address: given.ip ?? '', mark });
    setCookies(rawResponse(reply), loggedIn);
    return wire.loggedInBody(loggedIn);
  }

  @Post('login/refresh')
  @HttpCode(200)
  @Header(...NO_STORE)
  @Operation({
    summary: 'Go on: a new token, by the cookie of the log-in',
    description:
      'The cookie is replaced each time, and good once: who sends one that was used before ends the session for everybody who has it. A session ends after 12 hours.',
    tag: TAG,
    returns: { 200: { description: 'Renewed.', schema: wire.LoggedInBody, example: wire.example } },
    errors: ['SESSION_ENDED', 'LOGIN_STATE_UNAVAILABLE', 'CSRF_TOKEN_INVALID', 'RATE_LIMITED'],
  })
  async refresh(@Req() given: GivenRequest, @Res({ passthrough: true }) reply: GivenReply) {
    const request = rawRequest(given);
    const response = rawResponse(reply);
    assertOwnOrigin(request);
    try {
      const loggedIn = await this.login.refresh(cookieOf(request, REFRESH_COOKIE), given.ip ?? '');
      setCookies(response, loggedIn);
      return wire.loggedInBody(loggedIn);
    } catch (error) {
      if (error instanceof CallerRefused) clearCookies(response);
      throw error;
    }
  }

  @Post('logout')
  @HttpCode(204)
  @Header(...NO_STORE)
  @Operation({
    summary: 'Log out: end the session of the token, or of the cookies',
    description:
      'Tokens of the session are refused at once here, and by other instances when they end.',
    tag: TAG,
    headers: [CSRF],
    returns: { 204: { description: 'Nobody is logged in any more.' } },
    errors: [
      'TOKEN_INVALID',
      'TOKEN_EXPIRED',
      'SESSION_ENDED',
      'CSRF_TOKEN_INVALID',
      'RATE_LIMITED',
    ],
  })
  async logOut(
    @Req() given: GivenRequest,
    @Res({ passthrough: true }) reply: GivenReply,
  ): Promise<void> {
    const request = rawRequest(given);
    const session = await this.#sessionOf(request);
    if (session !== undefined) await this.login.logOut(session, given.ip ?? '');
    clearCookies(rawResponse(reply));
  }

  /** The cookie that renews a session outlives the tokens of it. */
  async #sessionOf(request: IncomingMessage): Promise<string | undefined> {
    if (request.headers.authorization === undefined) {
      const session = sessionOf(cookieOf(request, REFRESH_COOKIE) ?? '');
      if (session !== undefined) {
        assertCsrf(request, session, this.login);
        return session;
      }
    }
    return (await this.gate.identify(request))?.session;
  }
}
