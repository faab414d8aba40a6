import type { ServiceDeclaration } from './service-declaration.js';
import { allVariables } from './environment.js';
import type { RawEnvironment } from './read-environment.js';
import { Secret } from '@holdfast/core/secret';

/** Every text that must not be seen: of a URL the credentials, as written and decoded; else all of it. */
export function secretTexts(
  { texts }: RawEnvironment,
  service: ServiceDeclaration,
): readonly Secret[] {
  const found = [...allVariables(service)].flatMap(([name, { secret }]) => {
    const text = secret ? texts.get(name) : undefined;
    return text === undefined || text === '' ? [] : partsOf(text);
  });
  return [...new Set(found)].map((text) => new Secret(text));
}

function partsOf(text: string): readonly string[] {
  return text.includes('://') ? credentialsIn(text) : [text];
}

/** The passwords of a URL, as written and decoded; DB_READ_REPLICA_URLS holds several URLs. */
export function credentialsIn(text: string): readonly string[] {
  return text.split(/,(?=\s*[a-z]+:\/\/)/i).flatMap((url) => {
    const [, authority = '', query = ''] =
      /^\s*[^:]+:\/\/(?:(.*)@)?[^@?]*(?:\?(.*))?$/s.exec(url) ?? [];
    const colon = authority.indexOf(':');
    const password = colon === -1 ? '' : authority.slice(colon + 1);
    // Redis takes a password as a parameter, too, and the key of a client's certificate may have one.
    const parameters = [...new URLSearchParams(query)].flatMap(([name, value]) =>
      /^(ssl)?password$/.test(name) ? [value] : [],
    );
    return [password, decoded(password), ...parameters].filter((part) => part !== '');
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
