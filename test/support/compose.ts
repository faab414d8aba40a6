import { execFileSync } from 'node:child_process';

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
  readonly ports?: readonly unknown[];
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

const AS_JSON = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';

/**
 * What Docker Compose makes of the file that a release ships; throws when it does not accept it.
 * Debian's docker-compose brings Python's reader of YAML.
 * @param secrets the folder with the secrets
 */
export function composition(secrets: string): Composition {
  const file = ['-f', 'docker-compose.production.yml'];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, SECRETS: secrets };
  const yaml = execFileSync('docker-compose', [...file, 'config'], { env, stdio: 'pipe' });
  return parseYaml(yaml) as Composition;
}

export function parseYaml(yaml: Buffer): unknown {
  // Not the `python3` that comes first on the path: Debian's has the module.
  const json = execFileSync('/usr/bin/python3', ['-c', AS_JSON], { input: yaml });
  return JSON.parse(json.toString());
}
