import { operatorsFile } from './operators.js';
import { JWT } from './tokens.js';

/**
 * With each route that there can be: of every store, and of log-ins. Stores ask for a token, and everybody may see
 * what operators look at.
 * @param folder for a file of operators
 */
export async function everyRoute(folder: string): Promise<Readonly<Record<string, string>>> {
  return {
    DPM_POLICY_PACKS_ENABLED: 'true',
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT_DURABLE: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    ...JWT,
    OPS_ACCESS: 'open',
    ADMIN_CREDENTIALS_PATH: await operatorsFile(folder, []),
  };
}
