import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { ReasonError } from '../reasons.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { RATE_LIMITS, type RateLimits } from '../rate-limit/rate-limits.js';
import { SETTINGS } from '../settings.module.js';
import { accessOf, routesOf } from './access.js';
import { CALLER_GATE, CallerGate } from './caller-gate.js';
import { verifiedIdentityOf } from '@holdfast/postgres/verification/verified-identity';
import { CallerGuard } from './caller.guard.js';
import { CALLER_SLOTS, openSlots } from './caller-slots.js';
import { CallerSlotsGuard } from './caller-slots.guard.js';
import { OPERATOR_SESSIONS, type OperatorSessions } from './operator-sessions.js';
import { TOKEN_KEYS, type TokenKeys } from './verification-keys.js';

/** Lets callers in to what they are for; nothing of it runs where everybody is let in everywhere, and as often as they like. */
@Module({})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(CALLER_GATE) private readonly gate: CallerGate | null,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly discovery: DiscoveryService,
  ) {}

  static register(settings: Settings): DynamicModule {
    const { auth, operations, callers, rateLimit } = settings;
    const isLimited = Object.values(rateLimit.requests).some((requests) => requests > 0);
    const isOpen = auth.mode === 'none' && operations.access === 'open' && !isLimited;
    const isUnbounded = callers.mostRequests === 0;
    const gate = isOpen
      ? { provide: CALLER_GATE, useValue: null }
      : {
          provide: CALLER_GATE,
          inject: [
            SETTINGS,
            LOG,
            TOKEN_KEYS,
            RATE_LIMITS,
            { token: OPERATOR_SESSIONS, optional: true },
          ],
          useFactory: openGate,
        };
    return {
      module: AuthModule,
      global: true,
      imports: [DiscoveryModule, RateLimitModule.register(settings)],
      providers: [
        gate,
        { provide: TOKEN_KEYS, inject: [SETTINGS, LOG], useFactory: openTokenKeys },
        { provide: CALLER_SLOTS, inject: [SETTINGS], useFactory: openSlots },
        ...(isOpen ? [] : [{ provide: APP_GUARD, useClass: CallerGuard }]),
        ...(isUnbounded ? [] : [{ provide: APP_GUARD, useClass: CallerSlotsGuard }]),
      ],
      exports: [CALLER_GATE, CALLER_SLOTS, TOKEN_KEYS],
    };
  }

  /** @throws ROUTE_WITHOUT_SCOPE: nobody could ever ask for it */
  onModuleInit(): void {
    if (this.settings.auth.mode === 'none') return;
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype !== 'function') continue;
      const silent = routesOf(metatype).find((handler) => accessOf(handler) === undefined);
      if (!silent) continue;
      const detail = `${metatype.name}.${silent.name} does not say who may ask for it`;
      throw new ReasonError('ROUTE_WITHOUT_SCOPE', { detail });
    }
  }

  onApplicationShutdown(): void {
    this.gate?.close();
  }
}

/** Loads what checks tokens only where there are any. */
async function openTokenKeys({ auth }: Settings, log: Log): Promise<TokenKeys | null> {
  if (auth.mode === 'none') return null;
  return (await import('./open-keys.js')).openKeys(auth, log);
}

async function openGate(
  settings: Settings,
  log: Log,
  keys: TokenKeys | null,
  limits: RateLimits | null,
  sessions: OperatorSessions | undefined,
): Promise<CallerGate> {
  const { auth, operations } = settings;
  if (auth.mode === 'none' || !keys) return new CallerGate(null, operations.access, limits);
  const { TokenVerifier } = await import('./token-verifier.js');
  const { CallerSigner } = await import('./caller-signer.js');
  const key = auth.cursorKey ?? auth.signingKey;
  const signer = new CallerSigner(key?.reveal() ?? identityOf(settings));
  const file = auth.cursorKey ? auth.cursorKeyFile : auth.signingKeyFile;
  if (file) signer.watch(file, log);
  const verifier = new TokenVerifier(keys, auth, signer);
  return new CallerGate(verifier, operations.access, limits, sessions ?? null);
}

/** Of the first database, as far as it is known: beside a key set there is no secret that instances share. */
function identityOf({ databases }: Settings): string | undefined {
  const database = databases.find((each) => each.type === 'postgresql');
  const live = database && verifiedIdentityOf(database)?.live;
  return live && live.cluster !== '' ? `${live.cluster} ${live.database}` : undefined;
}
