import { Masked } from './masked.js';
import type { Pack, Step } from './pack.js';

/** The pack as Markdown, to be pasted into a change ticket. */
export function renderPack(pack: Pack): Masked {
  const { binding, ci } = pack;
  const facts: readonly Masked[] = [
    row(Masked.text`Verdict`, Masked.text`**${pack.verdict}**`),
    row(Masked.text`Generated (UTC)`, pack.generated_at.inCell()),
    row(Masked.text`Valid until (UTC)`, pack.expires_at.inCell()),
    row(Masked.text`Service`, pack.url.inCell()),
    row(Masked.text`Environment`, cell(pack.environment)),
    row(Masked.text`Profile`, Masked.text`${pack.profile}, ${strictness(pack)}`),
    row(Masked.text`Instances`, Masked.text`${pack.instances}`),
    row(Masked.text`Version`, binding.version.inCell()),
    row(Masked.text`Commit`, cell(binding.commit)),
    row(Masked.text`Node`, pack.node.inCell()),
    row(Masked.text`Configuration`, binding.configuration.inCell()),
    row(Masked.text`Migrations`, binding.migrations.inCell()),
    ...binding.databases.map((one) =>
      row(
        Masked.text`Database ${one.name.inCell()}`,
        Masked.text`${cell(one.database)}, cluster ${cell(one.system_identifier)}`,
      ),
    ),
    ...(ci
      ? [
          row(Masked.text`CI run`, cell(ci.run_url ?? ci.run_id)),
          row(Masked.text`CI commit, branch`, Masked.text`${cell(ci.commit)}, ${cell(ci.branch)}`),
          row(Masked.text`CI actor`, cell(ci.actor)),
        ]
      : []),
    row(Masked.text`Digest`, pack.digest.inCell()),
    row(Masked.text`Signature`, pack.signature?.inCell() ?? Masked.text`none`),
  ];
  return Masked.join(
    [
      Masked.text`# Holdfast proof: ${pack.verdict}\n`,
      Masked.text`| | |\n| --- | --- |`,
      ...facts,
      Masked.text`\n## Gates\n`,
      Masked.text`| # | gate | expected | got | code | verdict |\n| --- | --- | --- | --- | --- | --- |`,
      ...pack.steps.map(summary),
      ...pack.steps.map(details),
      Masked.text``,
    ],
    '\n',
  );
}

const row = (name: Masked, value: Masked) => Masked.text`| ${name} | ${value} |`;
const cell = (value: Masked | null) => value?.inCell() ?? Masked.text`not known`;
const strictness = ({ strict }: Pack) => (strict ? Masked.text`strict` : Masked.text`not strict`);

function summary(step: Step, index: number): Masked {
  const { name, expected, got, code, verdict } = step;
  const shown = code?.inCell() ?? Masked.text``;
  return Masked.text`| ${index + 1} | ${name.inCell()} | ${expected.inCell()} | ${got.inCell()} | ${shown} | **${verdict}** |`;
}

function details(step: Step, index: number): Masked {
  const { name, command, started_at: started, ended_at: ended, verdict } = step;
  const exit = step.exit_code === null ? Masked.text`none` : Masked.text`${step.exit_code}`;
  const status = step.http_status === null ? Masked.text`none` : Masked.text`${step.http_status}`;
  return Masked.join(
    [
      Masked.text`\n### ${index + 1}. ${name.inCell()}: ${verdict}\n`,
      command.inBlock(),
      Masked.text`\n${started.inCell()} to ${ended.inCell()}, exit code ${exit}, HTTP status ${status}\n`,
      step.output.inBlock(),
    ],
    '\n',
  );
}
