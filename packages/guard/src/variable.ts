import Joi from 'joi';
import type { Deprecation } from '@holdfast/core/deprecation';
import type { Secret } from '@holdfast/core/secret';

/** How one variable is read. `T` is what the program gets; a value that does not fit is refused. */
export interface Variable<T = unknown> {
  readonly schema: Joi.Schema<T>;
  /** Completes "must be …" without repeating the value. */
  readonly expects: string;
  readonly meaning: string;
  /** Never printed. */
  readonly secret: boolean;
  /** May be given as a file through `NAME_FILE`, as every secret may. */
  readonly fromFile: boolean;
  /** A password or a key: taken as it is, quotes and all. Any other secret is a URL, or several. */
  readonly verbatim: boolean;
  /** Other names of it. */
  readonly aliases: readonly string[];
  /** What a blank value is: `unset` takes the default, `given` is judged like any other. */
  readonly blank: 'unset' | 'given';
  /** Only PRODUCTION heeds it: where nothing else chooses a profile, LOCAL is refused beside it. */
  readonly productionOnly: boolean;
  /** Turned on, it is refused under PRODUCTION. */
  readonly localOnly: boolean;
  /** Set where it goes away; whoever still gives it is told so in the log. */
  readonly deprecated?: Deprecation;
  /** Those of `aliases` that go away. */
  readonly deprecatedAliases?: Readonly<Record<string, Deprecation>>;
}

/** A variable whose value is never printed; `valuesOf` gives it as a `Secret`. */
export type SecretVariable = Variable<string | undefined> & { readonly secret: true };

/** Variables by their names. */
export type Variables = Readonly<Record<string, Variable>>;

/** What variables are once read. */
export type ValuesOf<Declared extends Variables> = {
  readonly [Name in keyof Declared]: Declared[Name] extends { readonly secret: true }
    ? Secret | undefined
    : Declared[Name] extends Variable<infer T>
      ? T
      : never;
};

type Traits = Partial<Omit<Variable, 'schema' | 'expects' | 'meaning'>>;

const USUAL = {
  secret: false,
  fromFile: false,
  verbatim: false,
  aliases: [],
  blank: 'unset',
  productionOnly: false,
  localOnly: false,
} as const;

/** Any other variable than those below. */
export function variable<T>(
  schema: Joi.Schema<T>,
  expects: string,
  meaning: string,
  traits: Traits = {},
): Variable<T> {
  return { schema, expects, meaning, ...USUAL, ...traits };
}

/** A whole number. */
export const whole = (
  minimum: number,
  maximum: number,
  fallback: number,
  meaning: string,
  traits: Pick<Traits, 'aliases'> = {},
): Variable<number> =>
  variable<number>(
    Joi.number().integer().min(minimum).max(maximum).default(fallback),
    `a whole number from ${minimum} to ${maximum}`,
    meaning,
    traits,
  );

/** True or false. */
export const flag = (
  fallback: boolean,
  meaning: string,
  traits: Pick<Traits, 'localOnly'> = {},
): Variable<boolean> =>
  variable<boolean>(
    Joi.boolean().truthy('1', 'yes', 'on').falsy('0', 'no', 'off').default(fallback),
    'true or false',
    meaning,
    traits,
  );

/** One word of several, any case; undefined unless given, where there is no default. */
export function oneOf<const T extends string>(
  values: readonly T[],
  meaning: string,
): Variable<T | undefined>;
export function oneOf<const T extends string>(
  values: readonly T[],
  meaning: string,
  fallback: NoInfer<T>,
): Variable<T>;
export function oneOf<T extends string>(
  values: readonly T[],
  meaning: string,
  fallback?: T,
): Variable<T | undefined> {
  const words = Joi.string()
    .trim()
    .lowercase()
    .valid(...values);
  const schema = fallback === undefined ? words : words.default(fallback);
  return variable(schema as Joi.Schema<T | undefined>, `one of ${values.join(', ')}`, meaning);
}

/** A text without the blanks around it; undefined unless given. */
export const text = (
  meaning: string,
  traits: Pick<Traits, 'fromFile' | 'productionOnly'> = {},
): Variable<string | undefined> =>
  variable<string | undefined>(Joi.string().trim(), 'a text', meaning, traits);

/**
 * A password or a key, taken as it is; undefined unless given.
 * @param minimum its least number of characters @param maximum its largest; none by default
 */
export const secret = (meaning: string, minimum = 1, maximum = Infinity): SecretVariable => ({
  ...variable<string | undefined>(
    Number.isFinite(maximum) ? Joi.string().min(minimum).max(maximum) : Joi.string().min(minimum),
    lengthInWords(minimum, maximum),
    meaning,
    { fromFile: true, verbatim: true },
  ),
  secret: true,
});

function lengthInWords(minimum: number, maximum: number): string {
  if (Number.isFinite(maximum)) return `a text of ${minimum} to ${maximum} characters`;
  return minimum === 1 ? 'a text' : `a text of at least ${minimum} characters`;
}

/** Judged by the rules of the profile or of connection strings; a blank value is no default. */
export const judgedByRules = (meaning: string): Variable<string | undefined> =>
  variable<string | undefined>(Joi.string().allow(''), 'a text', meaning, { blank: 'given' });

/** A URL with credentials, or several: judged by the rules of connection strings. */
export const connectionString = (
  meaning: string,
  traits: Pick<Traits, 'aliases' | 'verbatim'> = {},
): Variable<string | undefined> =>
  variable<string | undefined>(Joi.string().allow(''), 'a text', meaning, {
    blank: 'given',
    secret: true,
    fromFile: true,
    ...traits,
  });
