/** What the values of a column stand for, where a rule says so. */
export type Unit =
  /** Numbers: since 1970, or a length of time. */
  | 's'
  | 'ms'
  | 'us'
  /** Numbers: days, as SQLite's `julianday` counts them. */
  | 'julian'
  /** Texts without a zone are in UTC. */
  | 'utc'
  /** What is beyond six digits of a second's fraction is cut. */
  | 'truncate'
  /** Zones of texts are left out, or reckoned in. */
  | 'strip'
  | 'apply'
  /** Booleans that are `t` and `f`, or `true` and `false`. */
  | 'tf'
  /** UUIDs of 32 hexadecimal digits, in capitals, in braces, or of 16 bytes. */
  | 'any'
  /** Numbers that are texts. */
  | 'text'
  /** Arrays that are JSON. */
  | 'json'
  /** As SQL writes it. */
  | 'literal';

export type Units = readonly Unit[];
