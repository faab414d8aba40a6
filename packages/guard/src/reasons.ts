import { configuration, defineReasons, EXIT, notice } from '@holdfast/core/reasons';

/** What the door refuses. */
export const reasons = defineReasons({
  PERSISTENCE_PROFILE_UNKNOWN: configuration(
    'The persistence profile is neither LOCAL nor PRODUCTION.',
    'Set APP_PERSISTENCE_PROFILE to LOCAL or PRODUCTION, or remove it to take the default.',
  ),
  PERSISTENCE_PROFILE_UNDECIDED: configuration(
    'Nothing says whether this is PRODUCTION or LOCAL, and where it runs it must not be guessed.',
    'Set APP_PERSISTENCE_PROFILE=PRODUCTION; LOCAL only where data may be lost with the machine.',
  ),
  SETTING_QUOTED: configuration(
    "A variable's value stands in quotes.",
    "Remove the quotes: in a container's env file (`docker run --env-file`) they are part of the value.",
  ),
  SETTING_GIVEN_TWICE: configuration(
    'Two names of one setting are given, with different values.',
    'Keep one of the two names.',
  ),
  SETTING_NAME_MISSPELT: configuration(
    'A variable is not read, since its name is only nearly that of one that is.',
    'Give it the name that is told, in exactly these characters, or remove it.',
  ),
  SETTING_FILE_UNSUPPORTED: configuration(
    'A variable is given as a file that is not read from one.',
    'Give the value itself, without _FILE: only secrets, DB_HOST, DB_NAME and DB_USER are read from files.',
  ),
  POSTGRES_SETTINGS_UNUSED: configuration(
    'A PostgreSQL is named, and data would be on SQLite all the same.',
    "To use it, set APP_PERSISTENCE_PROFILE=PRODUCTION (or DB_TYPE=postgresql on a developer's machine); to be on SQLite on purpose, set APP_PERSISTENCE_PROFILE=LOCAL or DB_TYPE=sqlite.",
  ),
  PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT: configuration(
    'The LOCAL profile is not allowed in a strict environment.',
    'Set APP_PERSISTENCE_PROFILE=PRODUCTION, or correct APP_ENV (ENV, AB_ENV, CI_STRICT).',
  ),
  STORE_BACKEND_UNKNOWN: configuration(
    'A store names a backend that does not exist.',
    'Use IN_MEMORY, SQLITE or POSTGRES, or remove the variable to take the default.',
  ),
  STORE_REQUIRES_POSTGRES_DSN: configuration(
    'A store is on POSTGRES but no connection string resolves for it.',
    "Set the store's DSN variable, or DATABASE_URL, or DB_HOST, DB_NAME and DB_USER.",
  ),
  ENVIRONMENT_REQUIRES_REDIS_URL: configuration(
    'A strict environment needs Redis.',
    'Set REDIS_URL (redis:// or rediss://), or REDIS_URL_FILE.',
  ),
  PERSISTENCE_PROFILE_REQUIRES_AUTH: configuration(
    'Under PRODUCTION anybody could do anything: callers need not prove who they are.',
    'Set AUTH_MODE=jwt and give the keys of the tokens; or, where something in front of the service lets nobody else through, accept it with AUTH_NONE_ACCEPTED=true.',
  ),
  JWT_KEYS_MISSING: configuration(
    'Callers have to prove who they are, and there is no key to check their tokens by.',
    'Give JWT_SIGNING_KEY_FILE (HS256, at least 32 bytes), or JWT_JWKS_FILE or JWT_JWKS_URL; without any token, set AUTH_MODE=none.',
  ),
  SECRET_TOO_WEAK: configuration(
    'A secret is so short that it can be guessed.',
    'Give at least 32 random bytes: openssl rand -base64 48.',
  ),
  LOGIN_REQUIRES_SIGNING_KEY: configuration(
    'Operators are to log in, and there is no key to sign their tokens with.',
    'Give JWT_SIGNING_KEY_FILE (HS256, at least 32 bytes), beside a key set or without one; or remove ADMIN_CREDENTIALS_PATH.',
  ),
  CREDENTIALS_FILE_MISSING: configuration(
    'The file of those who may log in is not there.',
    'Make it with the first operator: `holdfast user add NAME`; or remove ADMIN_CREDENTIALS_PATH.',
  ),
  CREDENTIALS_FILE_UNREADABLE: configuration(
    'The file of those who may log in cannot be read.',
    'Check that it is a file, and readable by the user of the process: `holdfast user add` gives it the mode 0600 of who runs it.',
  ),
  CREDENTIALS_FILE_MALFORMED: configuration(
    'The file of those who may log in is not as `holdfast user` writes it.',
    'Restore it from a backup, or remove it and add the operators again with `holdfast user add NAME`.',
  ),
  CREDENTIALS_FILE_NOT_WRITTEN: {
    meaning: 'The file of those who may log in could not be written, and is as it was.',
    fix: 'Run it as the owner of the file, where the folder can be written to; where `detail` names a lock that nobody holds, remove that file.',
    exit: EXIT.failed,
  },
  OPERATOR_EXISTS: {
    meaning: 'There is an operator of that name already.',
    fix: 'Give another name, or --replace for another password and other scopes.',
    exit: EXIT.failed,
  },
  OPERATOR_UNKNOWN: {
    meaning: 'There is no operator of that name.',
    fix: 'See `holdfast user list`.',
    exit: EXIT.failed,
  },
  SETTING_LOCAL_ONLY: configuration(
    'A setting takes a protection away that PRODUCTION does not go without.',
    'Remove it, or set it to false; only LOCAL takes it.',
  ),
  DSN_EMPTY: configuration(
    'A connection string is set but holds nothing.',
    'Give it a value such as postgresql://USER:PASSWORD@HOST:5432/DATABASE, or remove the variable.',
  ),
  DSN_PLACEHOLDER: configuration(
    'A connection string still has a placeholder in place of a value.',
    'Put the real value in its place: nobody has replaced [YOUR-PASSWORD], <password> or ${DB_PASS}.',
  ),
  DSN_SCHEME_UNSUPPORTED: configuration(
    'A connection string is not for PostgreSQL.',
    'Start it with postgresql:// or postgres://.',
  ),
  DSN_MALFORMED: configuration(
    'A connection string cannot be read without guessing.',
    'Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE, special characters percent-encoded.',
  ),
  DSN_MULTIPLE_HOSTS: configuration(
    'Several hosts stand where one is meant.',
    'Name several servers in DATABASE_URL (postgresql://USER@HOST1:5432,HOST2:5432/DATABASE); of replicas, each by a connection string of its own.',
  ),
  DSN_USER_NOT_ENCODED: configuration(
    'The user in a connection string holds a raw @.',
    'Write the @ that belongs to the user as %40: postgresql://user%40server:PASSWORD@HOST:5432/DATABASE.',
  ),
  DSN_PASSWORD_NOT_ENCODED: configuration(
    'The password in a connection string holds characters that end it early.',
    'Percent-encode the password: # as %23, / as %2F, ? as %3F, @ as %40, % as %25.',
  ),
  DSN_PARAMETER_UNSUPPORTED: configuration(
    'A connection string carries a parameter that cannot be honoured.',
    'Write what is told in its place, or take it out; docs/CONNECTION-STRINGS.md has the parameters that are honoured.',
  ),
  SETTING_INVALID: configuration(
    'A variable is out of its type or range.',
    'Give it a value of the kind that the message names, or remove it to take the default.',
  ),
  SECRET_GIVEN_TWICE: configuration(
    'A secret is given both as a variable and as a file.',
    'Keep one of NAME and NAME_FILE.',
  ),
  SECRET_FILE_UNREADABLE: configuration(
    'The file that should hold a secret cannot be read.',
    'Check that the file exists, is a file, and is readable by the user of the process.',
  ),
  SECRET_FILE_PERMISSIONS: notice(
    'Others than the process can read the file of a secret.',
    'Take the right from them (chmod 400, owned by the user of the process), or close a folder above it.',
  ),
  OUTPUT_NOT_WRITTEN: {
    meaning: 'What the command has to say could not be written where its output goes.',
    fix: 'Make room there, or send the output somewhere else; the work of the command may be done: look before it is run again.',
    exit: EXIT.failed,
  },
  SECRET_FILE_NOT_REPLACED: {
    meaning: 'A file with encrypted values or keys could not be written.',
    fix: 'Run it as the owner of the file, where the folder can be written to: not in a container that the file is mounted into.',
    exit: EXIT.failed,
  },
  SECRET_KEY_MISSING: configuration(
    'A value is encrypted, and nothing says with which keys.',
    'Set HOLDFAST_SECRET_KEY_FILE to the file with its key.',
  ),
  SECRET_KEY_FILE_INVALID: configuration(
    'The file with the keys of encrypted values cannot be used.',
    'Give it one key a line, ID:KEY, the newest first, as `holdfast secret generate-key` writes them.',
  ),
  SECRET_KEY_FILE_EXPOSED: configuration(
    'Every user of the machine can read the keys of encrypted values.',
    'chmod 400 the key file, owned by the user of the process; where the machine is shared, make a new key and rotate to it.',
  ),
  SECRET_KEY_UNKNOWN: configuration(
    'A value is encrypted with a key that the key file does not have.',
    'Put that key back into the key file, below the newest, or encrypt the value anew.',
  ),
  SECRET_VALUE_MALFORMED: configuration(
    'An encrypted value is not whole.',
    'Copy it again from where it was made, all of one line; or encrypt the value anew.',
  ),
  SECRET_VALUE_MISPLACED: configuration(
    'An encrypted value stands in another variable than the one that it was made for.',
    'Put it where it belongs, or encrypt the value for this variable: `holdfast secret encrypt NAME`.',
  ),
  SECRET_VALUE_REFUSED: configuration(
    'An encrypted value has been changed, or another key has the id of its key.',
    'Restore the value, or the key file that it was made with; else encrypt the value anew.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
