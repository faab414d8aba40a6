import type { Server } from 'node:http';
import type { ReasonCode } from '@holdfast/core/reasons';
import { currentReader } from '@holdfast/postgres/replicas/reader';
import type { Replication } from '@holdfast/postgres/replicas/replication';
import { ReasonError } from '../../reasons.js';
import {
  awaitsContinue,
  bodyFaultOf,
  faultOf,
  forwardEveryRequest,
  hasBody,
  isJson,
} from '../edge.js';
import { BrowserRules } from '../browser-rules.js';
import { isFormType, readFormBody } from '../form-body.js';
import { readJsonBody } from '../json-body.js';
import { multipartFaultOf } from '../multipart-body.js';
import { PLAIN_HEADERS, type PlainHandler } from '../plain-route.js';
import type { Edge, HttpPlatform } from '../platform.js';
import { clientNames, CONSISTENCY_TOKEN, isRead } from '../read-your-writes.js';
import { boundsOf, correlationId, serveRequest } from '../request-context.js';
import { requestLog } from '../request-log.js';
import { refusalOf } from '../refusal.js';
import { RequestTrace } from '../request-trace.js';
import { SECURITY_HEADERS } from '../security-headers.js';
import { beforeHeaders } from './before-headers.js';
import type { ExpressApp, ExpressRequest, ExpressRoute } from './express-types.js';
import { readBody } from './read-body.js';
import { methodsOf, routesAt } from './routes.js';

interface Closed {
  readonly code: ReasonCode;
  readonly closed: (method: string, pattern: string) => boolean;
}

/** By application: set once its routes are there, and read at each request. */
const closedRoutes = new WeakMap<ExpressApp, Closed[]>();

/** By application: what takes forms, and no other route does. */
const formPaths = new WeakMap<ExpressApp, ReadonlySet<string>>();

/** By application: the routes that read multipart bodies by themselves. */
const multipartPatterns = new WeakMap<ExpressApp, ReadonlySet<string>>();

/** Express: by handlers of every request, which come before those of Nest. */
export class ExpressPlatform implements HttpPlatform {
  readonly #app: ExpressApp;

  constructor(app: ExpressApp) {
    this.#app = app;
  }

  watchRequests(edge: Edge): void {
    attachContext(this.#app, edge);
    this.#app.use((request, response, next) => {
      // A body that has not been called for will not come: nothing can follow it on this socket.
      if (awaitsContinue(request)) response.setHeader('connection', 'close');
      const fault = faultOf(request) ?? pathFaultOf(request) ?? this.#closedBy(request);
      if (fault?.code === 'REQUEST_MALFORMED') response.setHeader('connection', 'close');
      if (edge.gate && (fault ?? !this.#routeOf(request))) {
        const setHeader = (name: string, value: string) => void response.setHeader(name, value);
        const arrival = { request, address: request.ip, setHeader };
        edge.gate.countRefused(arrival).then(() => {
          next(fault);
        }, next);
      } else next(fault);
    });
    if (edge.replication) readYourWrites(this.#app, edge.replication);
  }

  judgeRequests({ connections }: Edge, server: Server): void {
    forwardEveryRequest(server, connections);
    this.#app.use((request, response, next) => {
      const route = this.#routeOf(request);
      if (isRead(request.method ?? '') || !hasBody(request) || !route) {
        next();
        return;
      }
      const isOfRoute = multipartPatterns.get(this.#app)?.has(route.path);
      if (isOfRoute) {
        next(multipartFaultOf(request.headers));
        return;
      }
      const fault = bodyFaultOf(request.headers);
      const type = request.headers['content-type'];
      const isForm = isFormType(type) && formPaths.get(this.#app)?.has(request.path);
      if (fault ?? !(isForm || isJson(type))) {
        next(fault ?? new ReasonError('MEDIA_TYPE_UNSUPPORTED'));
        return;
      }
      if (awaitsContinue(request)) {
        response.removeHeader('connection');
        response.writeContinue();
      }
      readBody(request)
        .then(isForm ? readFormBody : readJsonBody)
        .then((body) => {
          request.body = body;
          next();
        }, next);
    });
  }

  addPlainRoute(path: string, handler: PlainHandler): void {
    this.#app.get(path, (request, response, next) => {
      Promise.resolve(handler(request.query)).then(({ status, body }) => {
        const bytes = Buffer.byteLength(body);
        response.writeHead(status, { ...PLAIN_HEADERS, 'content-length': bytes }).end(body);
      }, next);
    });
  }

  acceptForms(paths: readonly string[]): void {
    formPaths.set(this.#app, new Set([...(formPaths.get(this.#app) ?? []), ...paths]));
  }

  acceptMultipart(patterns: readonly string[]): void {
    const known = multipartPatterns.get(this.#app) ?? [];
    multipartPatterns.set(this.#app, new Set([...known, ...patterns]));
  }

  closeRoutes(code: ReasonCode, closed: Closed['closed']): void {
    const all = closedRoutes.get(this.#app) ?? [];
    closedRoutes.set(this.#app, [...all, { code, closed }]);
  }

  #closedBy(request: ExpressRequest): ReasonError | undefined {
    const all = closedRoutes.get(this.#app);
    const route = all && this.#routeOf(request);
    const found = route && all.find(({ closed }) => closed(request.method ?? '', route.path));
    return found && new ReasonError(found.code);
  }

  #routeOf({ path, method = '' }: ExpressRequest): ExpressRoute | undefined {
    return routesAt(this.#app, path).find(({ methods }) =>
      Object.hasOwn(methods, method.toLowerCase()),
    );
  }
}

/** Express would find it, too, where a route has a parameter there. */
function pathFaultOf({ path }: ExpressRequest): ReasonError | undefined {
  try {
    decodeURIComponent(path);
    return undefined;
  } catch (cause) {
    return new ReasonError('REQUEST_MALFORMED', { cause });
  }
}

/** Every line of a request carries its id, and its answer too. */
function attachContext(app: ExpressApp, edge: Edge): void {
  const { settings, connections } = edge;
  const bounds = boundsOf(settings);
  const completed = requestLog(edge);
  const browsers = BrowserRules.of(settings);
  app.use((request, response, next) => {
    const begun = performance.now();
    const id = correlationId(request.headers['x-correlation-id']);
    request.id = id;
    request.methodsOfPath = () => methodsOf(routesAt(app, request.path));
    beforeHeaders(response, () => {
      connections.willAnswer(response);
    });
    const routeOf = () => (request.route ? request.baseUrl + request.route.path : null);
    const trace = RequestTrace.begin(request, response, routeOf);
    response.once('finish', () => {
      connections.end(response);
      const { method = '' } = request;
      const durationMs = performance.now() - begun;
      const answered = { route: routeOf(), status: response.statusCode, durationMs };
      completed({
        id,
        traceId: trace?.traceId,
        method,
        ...answered,
        code: refusalOf(request),
      });
    });
    connections.begin(response, () => {
      response.setHeader('x-correlation-id', id);
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
      const told = browsers?.headersFor(request, () => request.secure);
      for (const [name, value] of Object.entries(told ?? {})) response.setHeader(name, value);
      const preflight = faultOf(request) ? undefined : browsers?.preflightOf(request);
      if (preflight) {
        response.writeHead(204, preflight).end();
        return;
      }
      serveRequest({ id, trace }, bounds, response, next);
    });
  });
}

function readYourWrites(app: ExpressApp, replication: Replication): void {
  app.use((request, response, next) => {
    const names = clientNames(request);
    if (isRead(request.method ?? '')) {
      const token = request.headers[CONSISTENCY_TOKEN];
      currentReader.run(replication.reader(names, token && String(token)), next);
      return;
    }
    // When the answer is sent, what it reports has been committed.
    beforeHeaders(response, () => {
      response.setHeader(CONSISTENCY_TOKEN, replication.recordWrite(names));
    });
    next();
  });
}
