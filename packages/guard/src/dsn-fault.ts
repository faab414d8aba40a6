import './reasons.js';
export type DsnFaultCode =
  | 'DSN_EMPTY'
  | 'DSN_PLACEHOLDER'
  | 'DSN_SCHEME_UNSUPPORTED'
  | 'DSN_MALFORMED'
  | 'DSN_MULTIPLE_HOSTS'
  | 'DSN_USER_NOT_ENCODED'
  | 'DSN_PASSWORD_NOT_ENCODED'
  | 'DSN_PARAMETER_UNSUPPORTED'
  | 'SECRET_FILE_UNREADABLE';

/** Why a connection string is refused. No field repeats any of its secrets. */
export interface DsnFault {
  readonly code: DsnFaultCode;
  readonly message: string;
  /** What to write; the catalogue's when there is nothing better to say. */
  readonly fix?: string;
}

/** Faults of one or more parts of a connection string. */
export class Refused extends Error {
  readonly faults: readonly [DsnFault, ...DsnFault[]];

  constructor(code: DsnFaultCode, message: string, fix?: string) {
    super(message);
    this.faults = [{ code, message, ...(fix !== undefined && { fix }) }];
  }
}

/** Reads the parts of a whole, each whatever is wrong with the others. */
export class Findings {
  readonly faults: DsnFault[] = [];

  /** What `read` makes of a part; undefined where it is refused. */
  read<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.faults.push(...error.faults);
      return undefined;
    }
  }

  /** One value, or none where it is refused. */
  faultless<T>(read: () => T): readonly T[] {
    const value = this.read(read);
    return value === undefined ? [] : [value];
  }
}
