import { providerTable } from '../../test/support/provider-dsns.ts';

/** The strings that `test/peers/connection-strings.test.ts` runs. */
export function connectionStringPage() {
  return `# Connection strings of providers and tools

Names and passwords are invented. Each string that works is run, with its parameters, by
\`test/peers/connection-strings.test.ts\` against a server of the provider's shape; each other one is refused
with the code and the text to use. See [CONNECTION-STRINGS.md](../CONNECTION-STRINGS.md).

${providerTable()}`;
}
