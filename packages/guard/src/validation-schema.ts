import Joi from 'joi';
import { judgeSettings } from './judge-settings.js';
import { type RawEnvironment, readEnvironment, type ReadFile } from './read-environment.js';
import { readFile as readFileOfDisk } from './read-file.js';
import type { ProcessEnvironment } from './read-given.js';
import { readValues } from './read-values.js';
import { allVariables } from './environment.js';
import type { ServiceDeclaration } from './service-declaration.js';
import type { SettingsVerdict } from './settings.js';
import type { Violation } from './violation.js';

/** What the environment holds, and what the guard says of it. */
export interface Configuration {
  readonly raw: RawEnvironment;
  readonly verdict: SettingsVerdict;
}

/** What a validation can be given as Joi's `context`. */
export interface ValidationContext {
  /** Reads the files that secrets are given as. */
  readonly readFile?: ReadFile;
  /** Gets what was read, and the settings or all violations. */
  readonly onJudged?: (configuration: Configuration) => void;
}

const ofServices = new WeakMap<ServiceDeclaration, Joi.ObjectSchema>();

/**
 * The guard as one Joi schema of an environment: the variables of a service, its stores' and its own, with
 * their types and ranges, and the rules of the profile. `configure()` judges by it, and
 * `ConfigModule.forRoot({ validationSchema })` can. All violations are told at once: of each `type` is the
 * code, `path` the variable, and `context.fix` what to do. The validated value has, beside what is in
 * the environment, what each variable says, with defaults; secrets, and what is read from a file, stay as given.
 */
export function validationSchema(service: ServiceDeclaration): Joi.ObjectSchema {
  const schema = ofServices.get(service) ?? schemaOf(service);
  ofServices.set(service, schema);
  return schema;
}

/** Judges an environment by the schema of its service. */
export function judgeEnvironment(
  environment: ProcessEnvironment,
  service: ServiceDeclaration,
  readFile: ReadFile,
): Configuration {
  const judged: Configuration[] = [];
  const onJudged = (configuration: Configuration) => judged.push(configuration);
  validationSchema(service).validate(environment, { context: { readFile, onJudged } });
  const [configuration] = judged;
  if (!configuration) throw new TypeError('an environment is an object of texts');
  return configuration;
}

/** What Joi gives a rule beside what its types say: a list that it takes for several errors. */
type Helpers = Joi.CustomHelpers & { errorsArray(): Joi.ErrorReport[] };

/** A rule of a plain object: `Joi.extend()` would cost every start some tens of milliseconds. */
function schemaOf(service: ServiceDeclaration): Joi.ObjectSchema {
  return Joi.object()
    .unknown()
    .custom((environment: ProcessEnvironment, given: Joi.CustomHelpers) => {
      const helpers = given as Helpers;
      const context = (helpers.prefs.context ?? {}) as ValidationContext;
      const { readFile = readFileOfDisk, onJudged } = context;
      const raw = readEnvironment(environment, service, readFile);
      const verdict = judgeSettings(raw, service, readFile);
      onJudged?.({ raw, verdict });
      if ('settings' in verdict) return { ...environment, ...shownValues(raw, service) };
      const errors = helpers.errorsArray();
      errors.push(...verdict.violations.map((each) => report(each, helpers)));
      return errors;
    });
}

function report(fault: Violation, { schema, state, prefs }: Joi.CustomHelpers): Joi.ErrorReport {
  const { code, variable, message, fix } = fault;
  return schema.$_createError(
    code,
    undefined,
    { code, variable, message, fix },
    state.localize?.([...(state.path ?? []), variable]) ?? state,
    prefs,
    { messages: { [code]: '{{#code}}: {{#message}}. {{#fix}}' } },
  ) as unknown as Joi.ErrorReport;
}

/** Nothing that must not be seen: whoever validates may put it back into the environment. */
function shownValues(raw: RawEnvironment, service: ServiceDeclaration) {
  const { values } = readValues(raw, service);
  const all = allVariables(service);
  return Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) =>
        value !== undefined && all.get(name)?.secret === false && !raw.files?.has(name),
    ),
  );
}
