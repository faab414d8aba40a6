import { userObjects } from '../user-objects.js';

/** In one order. @param list SQL for an array of texts */
export const sorted = (list: string): string =>
  `(SELECT string_agg(each, ', ' ORDER BY each) FROM unnest(${list}) AS each)`;

/** A name with its schema. @param catalog such as `pg_class` @param oid SQL */
export const identity = (catalog: string, oid: string): string =>
  `(pg_identify_object('${catalog}'::regclass, ${oid}, 0)).identity`;

/** The row `o` without columns that say nothing elsewhere: columns of one version are not there in another. */
export const rowWithout = (...columns: readonly string[]): string =>
  `(to_jsonb(o) - '{oid,${columns.join(',')}}'::text[])::text`;

/** Of each object of a catalogue what is said of it. @param texts SQL, about `o` */
export const everyObject = (catalog: string, ...texts: readonly string[]): string =>
  `SELECT i.type || ' ' || i.identity, 0, concat_ws(' ', ${texts.join(', ')}) FROM ${userObjects(catalog)}`;
