export type CiField =
  'provider' | 'run_url' | 'run_id' | 'repository' | 'commit' | 'branch' | 'actor';

/** Where in a CI a process runs; null for what it does not tell. */
export type CiRun = Readonly<Record<CiField, string | null>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where in a CI this process runs: a fixed list of variables, and no other is looked at. */
export function readCiRun(environment: Environment = process.env): CiRun {
  const first = (...names: readonly string[]) =>
    names.map((name) => environment[name]).find((value) => value !== undefined && value !== '') ??
    null;
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: id,
  } = environment;
  return {
    provider: environment.GITHUB_ACTIONS ? 'github' : first('CI_SERVER_NAME'),
    run_url:
      server && repository && id
        ? `${server}/${repository}/actions/runs/${id}`
        : first('CI_PIPELINE_URL', 'CI_JOB_URL'),
    run_id: first('GITHUB_RUN_ID', 'CI_PIPELINE_ID'),
    repository: first('GITHUB_REPOSITORY', 'CI_PROJECT_PATH'),
    commit: first('GITHUB_SHA', 'CI_COMMIT_SHA'),
    branch: first('GITHUB_HEAD_REF', 'GITHUB_REF_NAME', 'CI_COMMIT_REF_NAME'),
    actor: first('GITHUB_ACTOR', 'GITLAB_USER_LOGIN', 'CI_ACTOR'),
  };
}
