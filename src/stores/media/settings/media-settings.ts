/** What holds for all replicas, as of the last look at the database. */
export interface MediaSettings {
  /** Seconds from the first byte of a request to its answer. */
  readonly syncResponseSeconds: number;
  /** Hours from the start of a job to the end of its result. */
  readonly resultTtlHours: number;
}

/** The port of what ingest needs to know of the settings; looked up anew at most every second. */
export abstract class CurrentMediaSettings {
  abstract current(): Promise<MediaSettings>;

  /** Whether that is the password of the day. A password that was right once costs no second hash. */
  abstract isIngestPassword(password: string): Promise<boolean>;
}
