import { Controller, type DynamicModule, Module, Post } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { Public } from '../auth/access.js';
import { ReasonError } from '../reasons.js';

/** Says of the routes of log-ins what is missing for there to be any. */
@Controller('api')
@Public()
class LoginOffController {
  /** @throws LOGIN_NOT_CONFIGURED */
  @Post(['login', 'login/refresh', 'logout'])
  refuse(): never {
    throw new ReasonError('LOGIN_NOT_CONFIGURED');
  }
}

/** For a service that takes the routes of log-ins for itself, whether there are any or not. */
@Module({})
export class LoginOffModule {
  /** @returns with no route where operators log in */
  static register({ auth }: Settings): DynamicModule {
    const isOn = auth.mode === 'jwt' && auth.credentialsFile !== undefined;
    return { module: LoginOffModule, controllers: isOn ? [] : [LoginOffController] };
  }
}
