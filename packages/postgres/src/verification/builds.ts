/** How often a process says that it is running. */
export const TELL_RUNNING_EVERY_MS = 15_000;

/** Who has not said so for so long runs no more: a process that was killed, or is cut off from the database. */
export const RUNNING_FOR_SECONDS = 60;

/** What a process runs of the stores of one database. */
export interface RunningProcess {
  /** Told from all others. */
  readonly process: string;
  /** Its version. */
  readonly build: string;
  readonly stores: readonly {
    readonly store: string;
    /** Null where the build has recorded no statements. */
    readonly digest: string | null;
    readonly statements: readonly string[];
  }[];
}

/**
 * Made next to the ledger, by whoever migrates; every process writes to both. What a store of a build sends is
 * kept once, whatever the number of its processes.
 */
export const BUILD_TABLES = `
CREATE TABLE IF NOT EXISTS holdfast_builds (
  store text NOT NULL,
  digest text NOT NULL,
  statements json NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (store, digest)
);
CREATE TABLE IF NOT EXISTS holdfast_running (
  process text NOT NULL,
  store text NOT NULL,
  digest text,
  build text NOT NULL,
  role text NOT NULL DEFAULT current_user,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (process, store)
);`;

/**
 * One statement, which several processes of one build may send at once. Rows of processes that ended long ago
 * go with it. Parameters: the process, its build, and its stores as JSON.
 */
export const PUBLISH_BUILD = `
WITH given AS (
  SELECT * FROM json_to_recordset($3::json) AS one (store text, digest text, statements json)
), kept AS (
  INSERT INTO holdfast_builds AS known (store, digest, statements)
  SELECT store, digest, statements FROM given WHERE digest IS NOT NULL ORDER BY store
  ON CONFLICT (store, digest) DO UPDATE SET seen_at = now()
), ended AS (
  DELETE FROM holdfast_running WHERE seen_at < now() - interval '1 day' AND process <> $1
), forgotten AS (
  DELETE FROM holdfast_builds AS known
   WHERE seen_at < now() - interval '30 days'
     AND NOT EXISTS (SELECT FROM given WHERE given.store = known.store AND given.digest = known.digest)
     AND NOT EXISTS (SELECT FROM holdfast_running AS running
                      WHERE running.store = known.store AND running.digest = known.digest
                        AND running.seen_at > now() - interval '1 day')
)
INSERT INTO holdfast_running (process, store, digest, build)
SELECT $1, store, digest, $2 FROM given ORDER BY store
ON CONFLICT (process, store) DO UPDATE SET seen_at = now()`;

/** Parameter: the process. Changes nothing where its rows are gone. */
export const TELL_RUNNING = `UPDATE holdfast_running SET seen_at = now() WHERE process = $1`;

/** Parameter: the process. */
export const TELL_STOPPED = `DELETE FROM holdfast_running WHERE process = $1`;

/** A store of a build that runs, whatever the number of its processes. */
export interface RunningBuild {
  readonly store: string;
  /** Its versions. */
  readonly builds: readonly string[];
  /** Its roles in the database. */
  readonly roles: readonly string[];
  readonly processes: number;
  /** Null where they are not known. */
  readonly statements: readonly string[] | null;
}

export const RUNNING_BUILDS = `
SELECT running.store, array_agg(DISTINCT build) AS builds, array_agg(DISTINCT role) AS roles,
       count(*)::int AS processes, (SELECT statements FROM holdfast_builds AS known
          WHERE known.store = running.store AND known.digest = running.digest) AS statements
  FROM holdfast_running AS running
 WHERE seen_at > now() - interval '${RUNNING_FOR_SECONDS} seconds'
 GROUP BY running.store, digest ORDER BY running.store, digest`;
