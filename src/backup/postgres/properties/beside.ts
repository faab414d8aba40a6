import { COLUMN_PLACE } from '../column-place.js';
import { isOfExtension } from '../user-objects.js';
import { everyObject, identity, rowWithout, sorted } from './said.js';

const DICTIONARIES = `(SELECT string_agg(concat_ws(' ', maptokentype, mapdict::regdictionary), ', ' ORDER BY maptokentype, mapseqno)
  FROM pg_ts_config_map WHERE mapcfg = o.oid)`;

/** Columns are in the order of a restore. */
const PUBLISHED_TABLE = `to_jsonb(t) || coalesce((
  SELECT jsonb_build_object('attnames', jsonb_agg(a.attname ORDER BY ${COLUMN_PLACE}))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE n.nspname = t.schemaname AND c.relname = t.tablename AND to_jsonb(t)->'attnames' ? a.attname::text
  HAVING count(*) > 0), '{}')`;
const PUBLISHED = `(SELECT string_agg(published::text, ', ' ORDER BY published::text)
  FROM pg_publication_tables t CROSS JOIN LATERAL (SELECT ${PUBLISHED_TABLE}) AS p (published) WHERE t.pubname = o.pubname)`;

/** Tables and schemas that are named. */
const PUBLISHED_BY_NAME = `(SELECT string_agg((pg_identify_object(classid, objid, 0)).identity, ', ' ORDER BY (pg_identify_object(classid, objid, 0)).identity)
  FROM pg_depend WHERE refclassid = 'pg_publication'::regclass AND refobjid = o.oid AND deptype = 'a')`;

/** What belongs to no table. */
export const BESIDE: readonly string[] = [
  everyObject('pg_ts_parser', rowWithout('prsname', 'prsnamespace')),
  everyObject('pg_ts_template', rowWithout('tmplname', 'tmplnamespace')),
  everyObject('pg_ts_dict', identity('pg_ts_template', 'o.dicttemplate'), 'o.dictinitoption'),
  everyObject('pg_ts_config', identity('pg_ts_parser', 'o.cfgparser'), DICTIONARIES),
  everyObject(
    'pg_foreign_data_wrapper',
    'o.fdwhandler::regproc',
    'o.fdwvalidator::regproc',
    sorted('o.fdwoptions'),
  ),
  everyObject(
    'pg_foreign_server',
    identity('pg_foreign_data_wrapper', 'o.srvfdw'),
    'o.srvtype',
    'o.srvversion',
    sorted('o.srvoptions'),
  ),
  // Their options are shown to few, and may be secrets.
  `SELECT 'user mapping for ' || coalesce(quote_ident(m.usename), 'nobody') || ' on server ' || quote_ident(m.srvname), 0, 'is there'
     FROM pg_user_mappings m WHERE NOT ${isOfExtension('pg_foreign_server', 'm.srvid')}`,
  everyObject(
    'pg_event_trigger',
    'o.evtevent',
    'o.evtfoid::regproc',
    'o.evtenabled',
    sorted('o.evttags'),
  ),
  everyObject('pg_publication', rowWithout('pubname', 'pubowner'), PUBLISHED, PUBLISHED_BY_NAME),
  // Its version is that of the server's files.
  `SELECT 'schema of extension ' || quote_ident(extname), 0, extnamespace::regnamespace::text FROM pg_extension`,
];
