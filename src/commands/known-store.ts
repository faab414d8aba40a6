import { ReasonError } from '../reasons.js';
import { service } from '../service.js';

/** A store of this build, by its name. @throws USAGE */
export function knownStore(name: string): string {
  const names = service.stores.map((store) => store.name);
  if (names.includes(name)) return name;
  throw new ReasonError('USAGE', { detail: `--store ${name} is none of ${names.join(', ')}` });
}
