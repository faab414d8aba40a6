import { everyObject, identity, rowWithout } from './said.js';

const AGGREGATE = `(SELECT concat_ws(' ', to_jsonb(a) - '{aggfnoid,aggtranstype,aggmtranstype,aggsortop}'::text[],
    format_type(a.aggtranstype, NULL), format_type(nullif(a.aggmtranstype, 0), NULL), nullif(a.aggsortop, 0)::regoperator)
  FROM pg_aggregate a WHERE a.aggfnoid = o.oid)`;

const OPERATORS = `(SELECT string_agg(concat_ws(' ', ${identity('pg_amop', 'a.oid')}, a.amopopr::regoperator, a.amoppurpose), ', '
    ORDER BY ${identity('pg_amop', 'a.oid')}) FROM pg_amop a WHERE a.amopfamily = o.oid)`;

const SUPPORT = `(SELECT string_agg(concat_ws(' ', ${identity('pg_amproc', 'a.oid')}, a.amproc::oid::regprocedure), ', '
    ORDER BY ${identity('pg_amproc', 'a.oid')}) FROM pg_amproc a WHERE a.amprocfamily = o.oid)`;

export const ROUTINES: readonly string[] = [
  `${everyObject('pg_proc', 'pg_get_function_arguments(o.oid)', 'o.proparallel', AGGREGATE)} AND o.prokind = 'a'`,
  `${everyObject('pg_proc', 'pg_get_functiondef(o.oid)')} AND o.prokind = 'w'`,
  // A shell that another operator has left is in no dump.
  `${everyObject(
    'pg_operator',
    'nullif(o.oprcom, 0)::regoperator',
    'nullif(o.oprnegate, 0)::regoperator',
    rowWithout(
      'oprname',
      'oprnamespace',
      'oprowner',
      'oprleft',
      'oprright',
      'oprresult',
      'oprcom',
      'oprnegate',
    ),
  )} AND o.oprcode <> 0`,
  everyObject(
    'pg_opclass',
    identity('pg_opfamily', 'o.opcfamily'),
    'format_type(o.opcintype, NULL)',
    'format_type(nullif(o.opckeytype, 0), NULL)',
    'o.opcdefault',
  ),
  everyObject('pg_opfamily', OPERATORS, SUPPORT),
  everyObject(
    'pg_language',
    'o.lanpltrusted',
    ...regprocs('lanplcallfoid', 'laninline', 'lanvalidator'),
  ),
  everyObject('pg_am', 'o.amtype', 'o.amhandler'),
];

function regprocs(...columns: readonly string[]): readonly string[] {
  return columns.map((column) => `o.${column}::regproc`);
}
