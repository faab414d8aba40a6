import { flag, judgedByRules, oneOf, text } from '../variable.js';

/** What decides the profile. */
export const profileVariables = {
  APP_PERSISTENCE_PROFILE: judgedByRules('LOCAL or PRODUCTION: which persistence rules hold'),
  APP_ENV: text(
    'name of the environment; strict with the word prod, production, prd, preprod, staging, stage, stg or live',
  ),
  ENV: text('another name of the environment'),
  AB_ENV: text('another name of the environment'),
  NODE_ENV: text('production makes PRODUCTION the default profile'),
  CI_STRICT: flag(false, 'makes any environment strict'),
  APP_PERSISTENCE_SHADOW_PROFILE: oneOf(
    ['production'],
    'under LOCAL, report what PRODUCTION would refuse',
  ),
};
