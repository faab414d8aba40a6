import { text } from '../variable.js';

/** What encrypted values are opened with. */
export const secretVariables = {
  HOLDFAST_SECRET_KEY_FILE: text(
    'file with the keys of encrypted values (enc:v1:…), one a line, the newest first',
  ),
};
