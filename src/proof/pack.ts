import type { CiField } from '@holdfast/guard/ci-run';
import type { Masked } from './masked.js';

export type Verdict = 'go' | 'no-go';

/** One gate, and what came out of it. */
export type Step = Readonly<{
  name: Masked;
  /** What was run or asked, and the variables that were changed for it. */
  command: Masked;
  started_at: Masked;
  ended_at: Masked;
  /** Of a program; null for a request, and for a program that was killed. */
  exit_code: number | null;
  /** Of the last answer over HTTP. */
  http_status: number | null;
  expected: Masked;
  got: Masked;
  /** A reason code, where one tells what is wrong or what was provoked. */
  code: Masked | null;
  output: Masked;
  verdict: Verdict;
}>;

/** What a pack is a proof about. With another build, configuration or database it is none. */
export type Binding = Readonly<{
  version: Masked;
  commit: Masked | null;
  /** SHA-256 of the effective configuration without its secrets. */
  configuration: Masked;
  /** SHA-256 of the names and checksums of the migrations of the build. */
  migrations: Masked;
  databases: readonly DatabaseIdentity[];
}>;

export type DatabaseIdentity = Readonly<{
  name: Masked;
  database: Masked | null;
  /** Of the PostgreSQL cluster; null where the role may not read it, or nobody answers. */
  system_identifier: Masked | null;
}>;

/** Where the proof was made. */
export type MaskedCiRun = Readonly<Record<CiField, Masked | null>>;

/** What `proof.json` holds, before the digest. There is no plain text in it. */
export type Findings = Readonly<{
  format: 'holdfast-proof/1';
  verdict: Verdict;
  generated_at: Masked;
  expires_at: Masked;
  environment: Masked | null;
  profile: 'PRODUCTION' | 'LOCAL';
  strict: boolean;
  /** Processes that the connection budget was judged for. */
  instances: number;
  url: Masked;
  node: Masked;
  ci: MaskedCiRun | null;
  binding: Binding;
  steps: readonly Step[];
}>;

export type Pack = Findings &
  Readonly<{
    /** `sha256:` and the digest of the canonical JSON (RFC 8785) of everything else but the signature. */
    digest: Masked;
    /** `hmac-sha256:` and the HMAC of the digest by PROOF_KEY; null without a key. */
    signature: Masked | null;
  }>;
