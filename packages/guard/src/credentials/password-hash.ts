/** What a hash by scrypt costs: N is 2 to the power of `ln`. */
export interface HashCost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** A hashed password, as its PHC string says it. */
export interface PasswordHash extends HashCost {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const PHC =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** What the log-in of one operator may take, whatever a file says. */
const MOST_BYTES = 128 * 1024 * 1024;
const MOST_ROUNDS = 16;

/** Undefined for what is no hash by scrypt, or one whose cost is not bearable. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, ln, r, p, salt, hash] = PHC.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (!isBearable(cost)) return undefined;
  return { ...cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

/** As `$scrypt$ln=15,r=8,p=3$SALT$HASH`, with base64 that is not padded. */
export function formatPasswordHash({ ln, r, p, salt, hash }: PasswordHash): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

function isBearable({ ln, r, p }: HashCost): boolean {
  if (ln < 10 || ln > 20 || r < 1 || p < 1 || p > MOST_ROUNDS) return false;
  return 128 * 2 ** ln * r <= MOST_BYTES;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
