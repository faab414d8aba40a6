import { Global, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { OPERATOR_SESSIONS } from '../auth/operator-sessions.js';
import { TOKEN_KEYS, type TokenKeys } from '../auth/verification-keys.js';
import type { Redis } from '../redis/redis.js';
import { REDIS, RedisModule } from '../redis/redis.module.js';
import { SETTINGS } from '../settings.module.js';
import { Login } from './login.js';
import { LoginController } from './login.controller.js';
import { LoginPageController } from './login-page.controller.js';
import { openLogin } from './open-login.js';
import { Operators } from './operators.js';
import { SharedTexts } from './shared-texts.js';

const SHARED = 'holdfast.login-shared';

/** Log-ins of operators; not even loaded where there are none. */
@Global()
@Module({
  imports: [RedisModule],
  controllers: [LoginController, LoginPageController],
  providers: [
    { provide: Operators, inject: [SETTINGS, LOG], useFactory: openOperators },
    {
      provide: SHARED,
      inject: [REDIS, LOG],
      useFactory: (redis: Redis | null, log: Log) => redis && new SharedTexts(redis, log),
    },
    {
      provide: Login,
      inject: [SETTINGS, Operators, TOKEN_KEYS, SHARED, LOG],
      useFactory: (
        settings: Settings,
        operators: Operators,
        keys: TokenKeys | null,
        shared: SharedTexts | null,
        log: Log,
      ) => openLogin(settings, operators, keys, shared, log),
    },
    { provide: OPERATOR_SESSIONS, useExisting: Login },
  ],
  exports: [Login, OPERATOR_SESSIONS],
})
export class LoginModule implements OnModuleDestroy {
  constructor(
    private readonly operators: Operators,
    @Inject(SHARED) private readonly shared: SharedTexts | null,
  ) {}

  onModuleDestroy(): void {
    this.operators.close();
    this.shared?.close();
  }
}

function openOperators({ auth }: Settings, log: Log): Promise<Operators> {
  if (auth.mode === 'none' || auth.credentialsFile === undefined) {
    throw new TypeError('it is made only where operators log in');
  }
  return Operators.open(auth.credentialsFile, log);
}
