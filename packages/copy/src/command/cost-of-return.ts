import type { Report } from '@holdfast/guard/command/report';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import type { TargetFlags } from './copy-flags.js';
import type { CopyProgram } from './copy-program.js';
import { connectForCopy, copyFailure, targetOf } from './target.js';
import { recordIn } from './undo.js';

/** `copy cost-of-return REPORT`: what going back to the SQLite file would lose. Changes nothing. */
export async function costOfReturn(
  context: CommandContext,
  file: string,
  flags: TargetFlags,
  program: CopyProgram,
): Promise<Report> {
  const { undo: record } = recordIn(file);
  const { costOfReturn: count } = await import('../postgres/cost-of-return.js');
  const client = await connectForCopy(context, targetOf(context, flags, program));
  try {
    const tables = await count(client, record);
    const sumOf = (name: 'rows_written' | 'rows_replaced') =>
      tables.reduce((sum, table) => sum + table[name], 0);
    const written = sumOf('rows_written');
    const replaced = sumOf('rows_replaced');
    const lines = tables.map(
      (each) =>
        `${each.table}: ${each.rows_written} rows new or changed, ${each.rows_replaced} of the copy changed or gone\n`,
    );
    const verdict =
      written + replaced === 0
        ? 'Going back would lose nothing.\n'
        : `Going back would lose ${written} rows that were written since the switch, and bring ${replaced} back as they were.\n`;
    return {
      text: `${lines.join('')}${verdict}`,
      document: { schema: record.schema, rows_written: written, rows_replaced: replaced, tables },
    };
  } catch (error) {
    throw copyFailure(error);
  } finally {
    destroyClient(client);
  }
}
