import { execFileSync } from 'node:child_process';
import { parse } from 'yaml';

/** One service of a composition, as far as the tests look at it. */
export interface Composed {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly { readonly source: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy?: {
    readonly resources: { readonly limits: { readonly cpus: number; readonly memory: string } };
  };
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly user?: string;
  readonly build?: { readonly args: Readonly<Record<string, string>> };
}

export interface Composition {
  readonly services: Readonly<Record<string, Composed>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

/**
 * What Docker Compose makes of the file that a release ships, with every profile; throws when it does not accept it.
 * @param secrets the folder with the secrets
 * @param variables what else the file is given
 * @param beside files that are laid over it
 */
export function composition(
  secrets: string,
  variables: Readonly<Record<string, string>> = {},
  beside: readonly string[] = [],
): Composition {
  const profiles = ['--profile', 'monitoring', '--profile', 'backup'];
  const files = ['docker-compose.production.yml', ...beside].flatMap((file) => ['-f', file]);
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    SECRETS: secrets,
    ...variables,
  };
  const yaml = execFileSync('docker-compose', [...files, ...profiles, 'config'], {
    env,
    stdio: 'pipe',
    encoding: 'utf8',
  });
  return parse(yaml) as Composition;
}
