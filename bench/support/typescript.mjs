// Lets a bench import the sources themselves, so that it sends the statements that the service
// sends: TypeScript is compiled as it is imported. Used as `node --import`.

import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
