type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that a platform sets in the processes it runs, and that nobody sets by hand. Docker Swarm,
 * Elastic Beanstalk and plain virtual machines set none; App Runner shows as ECS, Porter as Kubernetes.
 */
export const PLATFORM_MARKS: readonly string[] = [
  'KUBERNETES_SERVICE_HOST',
  // Heroku
  'DYNO',
  // Fly.io
  'FLY_APP_NAME',
  'FLY_MACHINE_ID',
  'RENDER',
  'RENDER_SERVICE_ID',
  'RAILWAY_ENVIRONMENT_NAME',
  'RAILWAY_PROJECT_ID',
  'RAILWAY_SERVICE_ID',
  // Cloud Run, Knative, Cloud Functions of the second generation
  'K_SERVICE',
  'CLOUD_RUN_JOB',
  // App Engine
  'GAE_SERVICE',
  'ECS_CONTAINER_METADATA_URI_V4',
  'ECS_CONTAINER_METADATA_URI',
  'AWS_LAMBDA_FUNCTION_NAME',
  // Azure App Service and Functions
  'WEBSITE_SITE_NAME',
  'WEBSITE_INSTANCE_ID',
  'FUNCTIONS_WORKER_RUNTIME',
  'CONTAINER_APP_NAME',
  // Hugging Face
  'SPACE_ID',
  'NOMAD_ALLOC_ID',
  'VERCEL',
  'NETLIFY',
  // Cloud Foundry
  'VCAP_APPLICATION',
  'CF_INSTANCE_GUID',
  'KOYEB_SERVICE_ID',
  'KOYEB_APP_NAME',
  // Northflank
  'NF_PROJECT_ID',
  'ZEABUR_SERVICE_ID',
  // Cloudflare Containers
  'CLOUDFLARE_APPLICATION_ID',
];

/** The first mark of a platform among the variables of a process; a blank one is one, too. */
export function platformMark(environment: Environment): string | undefined {
  return PLATFORM_MARKS.find((name) => environment[name] !== undefined);
}
