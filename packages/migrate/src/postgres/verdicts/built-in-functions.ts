import type { TableSizes } from '../locks/table-sizes.js';

/** Functions of PostgreSQL that are the same for all rows of a statement, or depend on their arguments alone. */
const STEADY = `abs age array_agg array_append array_length array_to_string avg bit_length bool_and bool_or
  btrim cardinality ceil ceiling char_length concat concat_ws count current_database current_schema
  current_setting date_bin date_part date_trunc decode encode every exp extract floor format
  format_type generate_series initcap json_agg json_array_elements json_build_array
  json_build_object json_object_agg jsonb_agg jsonb_array_elements jsonb_array_length jsonb_build_array
  jsonb_build_object jsonb_each jsonb_object_agg jsonb_object_keys jsonb_set jsonb_strip_nulls
  jsonb_typeof json_typeof lag lead left length like_escape ln log lower lpad ltrim make_date
  make_interval make_timestamp make_timestamptz max md5 min mod now num_nonnulls num_nulls
  octet_length overlay position power quote_ident quote_literal rank regexp_match regexp_matches
  regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse right round
  row_number row_to_json rpad rtrim sha224 sha256 sha384 sha512 sign split_part sqrt starts_with
  statement_timestamp string_agg string_to_array strpos substr substring sum textlike 
  timezone to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector
  transaction_timestamp translate trunc unnest upper`;

const VOLATILE = `clock_timestamp currval gen_random_uuid lastval nextval random random_normal set_config
  setseed setval timeofday uuidv4 uuidv7`;

/** Where there is no database to ask: what is not in here may do anything. */
export const BUILT_IN_FUNCTIONS: TableSizes['functions'] = {
  ...factsOf(STEADY, false),
  ...factsOf(VOLATILE, true),
};

function factsOf(names: string, volatile: boolean): TableSizes['functions'] {
  const entries = names.split(/\s+/).map((name) => [name, { volatile, own: false }] as const);
  return Object.fromEntries(entries);
}
