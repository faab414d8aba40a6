import { DiscoveryService } from '@nestjs/core';
import { listed } from '@holdfast/core/deprecation';
import { catalogue } from '@holdfast/core/reasons';
import { deprecatedVariables } from '@holdfast/guard/deprecated-variables';
import { deprecatedRoutes } from '@holdfast/nest/http/openapi';
import { Metrics } from '@holdfast/nest/metrics/metrics';
import { deprecatedCommands } from '../../src/commands/deprecated-command.ts';
import { createProgram } from '../../src/commands/program.ts';
import { service } from '../../src/service.ts';

/** All that is declared as deprecated, for programs: a list of each kind. */
export function deprecations(app) {
  const document = {
    routes: deprecatedRoutes(app.get(DiscoveryService).getControllers()),
    variables: deprecatedVariables(service),
    commands: deprecatedCommands(createProgram()),
    metrics: app.get(Metrics, { strict: false }).deprecated(),
    reason_codes: [...catalogue].flatMap(([code, { deprecated }]) =>
      deprecated ? [listed(code, deprecated)] : [],
    ),
  };
  return JSON.stringify(document);
}
