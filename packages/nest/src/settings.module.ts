import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, getConfigToken, registerAs } from '@nestjs/config';
import type { Settings } from '@holdfast/guard/settings';

const NAMESPACE = 'holdfast';

/** Injection token of the `Settings`. */
export const SETTINGS = getConfigToken(NAMESPACE);

/** Hands on the settings that the door has judged; reads no environment of its own. */
@Module({})
export class SettingsModule {
  static async register(settings: Settings): Promise<DynamicModule> {
    return ConfigModule.forRoot({
      isGlobal: true,
      ignoreEnvFile: true,
      load: [registerAs(NAMESPACE, () => settings)],
    });
  }
}
