/** Comes after all that is inherited. */
const OWN = 'ARRAY[2147483647, a.attnum::int]';

/**
 * SQL to order the columns `a` of a table `c` by: that of a restore. A parent that was given a column later has it at the
 * end of its children, too; a dump makes these with what they inherit first, in the order of the parents.
 */
export const COLUMN_PLACE = `CASE WHEN a.attinhcount = 0 OR c.relispartition THEN ${OWN} ELSE (
  WITH RECURSIVE above (relation, way) AS (
    SELECT a.attrelid, '{}'::int[]
     UNION ALL
    SELECT i.inhparent, way || i.inhseqno
      FROM above JOIN pg_inherits i ON i.inhrelid = relation JOIN pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname)
  SELECT min(way || ARRAY[2147483647, p.attnum::int])
    FROM above JOIN pg_attribute p ON p.attrelid = relation AND p.attname = a.attname AND p.attinhcount = 0) END`;
