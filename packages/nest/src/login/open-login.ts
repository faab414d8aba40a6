import { normalizeIp } from '@nestjs/throttler';
import type { Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import type { TokenKeys } from '../auth/verification-keys.js';
import { DerivedKey } from './derived-key.js';
import { HashGate } from './hash-gate.js';
import { KnownBrowsers } from './known-browsers.js';
import { Login } from './login.js';
import { LoginAudit } from './login-audit.js';
import { LoginThrottle } from './login-throttle.js';
import type { Operators } from './operators.js';
import { Sessions } from './sessions.js';
import type { SharedTexts } from './shared-texts.js';
import { TokenIssuer } from './token-issuer.js';

/** Log-ins with what the settings name. */
export function openLogin(
  { auth, rateLimit }: Settings,
  operators: Operators,
  keys: TokenKeys | null,
  shared: SharedTexts | null,
  log: Log,
): Login {
  if (auth.mode !== 'jwt' || !auth.signingKey)
    throw new TypeError('the door lets it through only with a key');
  const secret = (auth.cursorKey ?? auth.signingKey).reveal();
  const keyFor = (purpose: string) => new DerivedKey(secret, `holdfast login: ${purpose}`);
  const signingKey = () => {
    if (keys?.signingKey) return keys.signingKey;
    throw new TypeError('there is no key to sign with');
  };
  return new Login({
    operators,
    throttle: new LoginThrottle(shared, rateLimit.instances),
    sessions: new Sessions(shared),
    issuer: new TokenIssuer(signingKey, auth),
    audit: new LoginAudit(log, keyFor('fingerprints')),
    gate: new HashGate(),
    browsers: new KnownBrowsers(keyFor('browsers')),
    csrf: keyFor('csrf'),
    names: keyFor('names'),
    networkOf: normalizeIp,
  });
}
