import Joi from 'joi';
import { connectionString, flag, oneOf, text, variable, whole } from '../variable.js';

/** Who may call: what proves a caller, and who may see what operators look at. */
export const callerVariables = {
  AUTH_MODE: oneOf(
    ['none', 'jwt'],
    'whether callers prove who they are, by a bearer token; none under LOCAL, jwt under PRODUCTION',
  ),
  AUTH_NONE_ACCEPTED: flag(
    false,
    'lets AUTH_MODE be none under PRODUCTION: anybody may do anything',
  ),
  JWT_SIGNING_KEY: connectionString(
    'key of tokens that are signed with HS256, of at least 32 bytes; its file is read again when it changes',
    { verbatim: true },
  ),
  JWT_JWKS_FILE: text(
    'file with the public keys of tokens that are signed asymmetrically, as a JSON Web Key Set; read again when it changes',
  ),
  JWT_JWKS_URL: variable<string | undefined>(
    Joi.string()
      .trim()
      .uri({ scheme: ['http', 'https'] }),
    'an http:// or https:// URL',
    'place of such a key set; https:// under PRODUCTION, unless it is on the same machine',
  ),
  JWT_ISSUER: text('what `iss` of a token has to be; any unless given'),
  JWT_AUDIENCE: text('what `aud` of a token has to be or to hold; any unless given'),
  CURSOR_KEY: connectionString(
    'key by which cursors are bound to their callers, of at least 32 bytes and the same for all instances; derived from JWT_SIGNING_KEY, or from the identity of the database, unless given',
    { verbatim: true },
  ),
  ADMIN_CREDENTIALS_PATH: text(
    'file with the operators that may log in at POST /api/login, as `holdfast user` writes it; read again when it changes; without it nobody logs in. Needs JWT_SIGNING_KEY',
  ),
  OPS_ACCESS: oneOf(
    ['open', 'token', 'separate-port'],
    'who may see what operators look at: everybody, callers with the scope ops:read (the default under AUTH_MODE=jwt in PRODUCTION), or who reaches OPS_PORT',
  ),
  OPS_PORT: whole(0, 65535, 8001, 'port of OPS_ACCESS=separate-port; 0 takes any free port'),
};
