import { type Command, InvalidArgumentError } from 'commander';
import { readCiRun } from '@holdfast/guard/ci-run';
import { EXIT } from '@holdfast/core/reasons';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { runCommand, subcommand } from './command.js';
import { instancesOption, wholeNumber } from './instances-option.js';
import { readUrl } from './url-option.js';

interface Flags {
  readonly json?: boolean;
  readonly url: URL;
  readonly opsUrl?: URL;
  readonly tokenFile?: string;
  readonly out: string;
  readonly negative?: boolean;
  readonly fromCi?: boolean;
  readonly validFor: number;
  readonly instances: string;
}

const MAX_MINUTES = 10_080;

/** `holdfast proof` and `holdfast proof verify FILE` */
export function proofCommand(): Command {
  const verify = subcommand(
    'proof verify',
    'Judges a proof pack: digest, expiry, verdict, binding.',
  )
    .argument('<file>', 'proof.json')
    // Commander gives the option to `proof`, which has the same.
    .action((file: string, _: unknown, command: Command) =>
      runCommand(command.optsWithGlobals(), async (context) =>
        (await import('./proof-verify.js')).verify(context, file),
      ),
    );
  return subcommand('proof', 'Goes through the go/no-go gates and writes proof.md and proof.json.')
    .option('--url <url>', 'the running service', readUrl)
    .option('--ops-url <url>', 'its port of operations, under OPS_ACCESS=separate-port', readUrl)
    .option('--token-file <file>', 'a token with the scope ops:read, under OPS_ACCESS=token')
    .option('--out <dir>', 'folder for the pack', 'proof')
    .option('--negative', 'also start second instances that are broken on purpose')
    .option('--from-ci', 'record the run of the CI, as its variables tell it')
    .option('--valid-for <minutes>', 'how long the pack is valid', readMinutes, 60)
    .addOption(instancesOption())
    .action(async (flags: Partial<Flags>, command: Command) => {
      const { url } = flags;
      if (!url) command.error("error: required option '--url <url>' not specified");
      await runCommand(flags, (context) => proof(context, flags as Flags));
    })
    .addCommand(verify);
}

async function proof(context: CommandContext, flags: Flags): Promise<Report> {
  const [
    { prove },
    { renderPack },
    { makeFolder, writeMasked },
    { Masked },
    { killChildrenOnExit },
    { readToken },
  ] = await Promise.all([
    import('../proof/prove.js'),
    import('../proof/render.js'),
    import('../proof/write-masked.js'),
    import('../proof/masked.js'),
    import('../proof/programs.js'),
    import('../proof/proved-service.js'),
  ]);
  const instances = wholeNumber('--instances', flags.instances, 1);
  killChildrenOnExit();
  await makeFolder(flags.out);
  const { url, opsUrl: operationsUrl = url, tokenFile, out } = flags;
  const { negative = false, fromCi = false, validFor: validForMinutes } = flags;
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  const ci = fromCi ? readCiRun() : null;
  const tell = (line: unknown) => process.stderr.write(`${String(line)}\n`);
  const pack = await prove(context.settings, {
    service: { url, operationsUrl, ...(token && { token }) },
    negative,
    validForMinutes,
    instances,
    ci,
    tell,
  });
  const files = [
    await writeMasked(out, 'proof.json', Masked.json(pack)),
    await writeMasked(out, 'proof.md', renderPack(pack)),
  ];
  return {
    text: `${pack.verdict}, valid until ${String(pack.expires_at)}: ${files.join(', ')}\n`,
    document: pack,
    exitCode: pack.verdict === 'go' ? EXIT.ok : EXIT.failed,
  };
}

function readMinutes(text: string): number {
  const minutes = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (minutes >= 1 && minutes <= MAX_MINUTES) return minutes;
  throw new InvalidArgumentError(`Give whole minutes from 1 to ${MAX_MINUTES}.`);
}
