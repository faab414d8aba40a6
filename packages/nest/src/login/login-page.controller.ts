import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  Body,
  Controller,
  Get,
  Header,
  Inject,
  type OnModuleInit,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { RELEASE, type Release } from '@holdfast/core/release';
import type { z } from 'zod';
import { Public } from '../auth/access.js';
import { type Caller, rawRequest, rawResponse } from '../auth/caller.js';
import { CALLER_GATE, type CallerGate } from '../auth/caller-gate.js';
import { CallerRefused } from '../auth/caller-refused.js';
import { assertOwnOrigin, cookieOf } from '../auth/session-cookie.js';
import type { HttpReply } from '../http/http-reply.js';
import { platformOf } from '../http/platform.js';
import { ReasonError } from '../reasons.js';
import { clearCookies, FORM_COOKIE, MARK_COOKIE, setCookies, setFormCookie } from './cookies.js';
import { Login } from './login.js';
import { Form, Leaving, USUAL_NEXT } from './login-form.js';
import { loggedInPage, loginPage, LOGIN_PAGE_POLICY } from './login-page.js';

type GivenRequest = Parameters<typeof rawRequest>[0] & { readonly ip?: string };
type GivenReply = HttpReply & Parameters<typeof rawResponse>[0];

const HTML = ['Content-Type', 'text/html; charset=utf-8'] as const;
const NO_STORE = ['Cache-Control', 'no-store'] as const;
const POLICY = ['Content-Security-Policy', LOGIN_PAGE_POLICY] as const;

/** A path of this service, and no address of another one. */
const OWN_PATH = /^\/(?![/\\])[\w\-./?=&%:,]{0,500}$/;

/** The log-in of a browser, by a form: no script is needed. */
@Controller()
@Public()
export class LoginPageController implements OnModuleInit {
  constructor(
    private readonly login: Login,
    @Inject(CALLER_GATE) private readonly gate: CallerGate,
    @Inject(RELEASE) private readonly release: Release,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.adapterHost as Partial<HttpAdapterHost>;
    if (httpAdapter) platformOf(httpAdapter).acceptForms(['/login', '/logout']);
  }

  @Get('login')
  @Header(...HTML)
  @Header(...NO_STORE)
  @Header(...POLICY)
  async page(
    @Query('next') next: unknown,
    @Req() given: GivenRequest,
    @Res({ passthrough: true }) reply: GivenReply,
  ): Promise<string> {
    const caller = await this.#callerOf(rawRequest(given));
    if (caller?.session !== undefined) {
      const token = this.login.csrfToken(caller.session);
      return loggedInPage(this.release.name, caller.subject, token);
    }
    return this.#form(reply, ownPath(next));
  }

  @Post('login')
  @Header(...HTML)
  @Header(...NO_STORE)
  @Header(...POLICY)
  async logIn(
    @Body({ schema: Form }) form: z.output<typeof Form>,
    @Req() given: GivenRequest,
    @Res({ passthrough: true }) reply: GivenReply,
  ): Promise<string> {
    const request = rawRequest(given);
    const next = ownPath(form.next);
    const { username, password } = form;
    try {
      assertOwnOrigin(request);
      const id = cookieOf(request, FORM_COOKIE) ?? '';
      if (!this.login.isCsrfToken(`form ${id}`, form.csrf_token)) {
        throw new ReasonError('CSRF_TOKEN_INVALID');
      }
      const mark = cookieOf(request, MARK_COOKIE);
      const tried = { username, password, address: given.ip ?? '', mark };
      setCookies(rawResponse(reply), await this.login.logIn(tried));
      return leadOn(reply, next);
    } catch (error) {
      if (!(error instanceof ReasonError)) throw error;
      const told = WRONG[error.code];
      if (told === undefined) throw error;
      reply.status(error.reason.status ?? 500);
      const { retryAfterSeconds } = error;
      if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
      return this.#form(reply, next, told(retryAfterSeconds ?? 0), username);
    }
  }

  @Post('logout')
  @Header(...NO_STORE)
  async leave(
    @Body({ schema: Leaving }) form: z.output<typeof Leaving>,
    @Req() given: GivenRequest,
    @Res({ passthrough: true }) reply: GivenReply,
  ): Promise<string> {
    const request = rawRequest(given);
    assertOwnOrigin(request);
    const session = (await this.#callerOf(request))?.session;
    if (session !== undefined) {
      if (!this.login.isCsrfToken(session, form.csrf_token)) {
        throw new ReasonError('CSRF_TOKEN_INVALID');
      }
      await this.login.logOut(session, given.ip ?? '');
    }
    clearCookies(rawResponse(reply));
    return leadOn(reply, '/login');
  }

  #form(reply: GivenReply, next: string, error?: string, username?: string): string {
    const id = randomBytes(18).toString('base64url');
    setFormCookie(rawResponse(reply), id);
    const csrfToken = this.login.csrfToken(`form ${id}`);
    const told = {
      ...(error !== undefined && { error }),
      ...(username !== undefined && { username }),
    };
    return loginPage({ title: this.release.name, csrfToken, next, ...told });
  }

  /** Whoever has no good token any more is to log in. */
  async #callerOf(request: IncomingMessage): Promise<Caller | null> {
    try {
      return await this.gate.whoIs(request);
    } catch (error) {
      if (error instanceof CallerRefused) return null;
      throw error;
    }
  }
}

const WRONG: Readonly<Record<string, ((seconds: number) => string) | undefined>> = {
  LOGIN_FAILED: () => 'Nobody is known by this name and password.',
  LOGIN_BLOCKED: (seconds) =>
    `There have been too many failed log-ins. Try again in ${Math.ceil(seconds / 60)} minutes.`,
  LOGIN_BUSY: () => 'Too many log in just now. Try again in a moment.',
  CSRF_TOKEN_INVALID: () => 'This page was too old. Try again.',
};

function ownPath(next: unknown): string {
  return typeof next === 'string' && OWN_PATH.test(next) ? next : USUAL_NEXT;
}

/** By a request of its own, so that a reload does not send the password again. */
function leadOn(reply: GivenReply, to: string): string {
  reply.status(303);
  reply.header('location', to);
  return '';
}
