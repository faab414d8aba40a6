/** A statement that the server does not take. */
export interface Unprepared {
  /** Of the list, from 1. */
  readonly place: number;
  /** The server's words: it was given no value that could be in them. */
  readonly says: string;
}

/** A migration is at work: what waits for its locks is asked again. */
const LOCK_MS = 50;

/**
 * Several statements in one text, of which the last but one gives `broken`: prepares each text by itself, and frees
 * it, so that nothing is left on a connection that a pooler gives to others.
 * @param texts as an SQL literal of a JSON list; only of this build's own
 */
export const unpreparedQuery = (texts: string): string => `
BEGIN READ ONLY; SET LOCAL lock_timeout = ${LOCK_MS};
SELECT set_config('holdfast.texts', ${texts}, true);
DO $holdfast$
DECLARE one record; broken jsonb := '[]';
BEGIN
  FOR one IN SELECT * FROM json_array_elements_text(current_setting('holdfast.texts')::json)
             WITH ORDINALITY AS given (text, place) LOOP
    BEGIN
      EXECUTE 'PREPARE holdfast_own AS ' || one.text;
      EXECUTE 'DEALLOCATE holdfast_own';
    EXCEPTION
      WHEN lock_not_available OR deadlock_detected THEN RAISE;
      WHEN OTHERS THEN
        broken := broken || jsonb_build_object('place', one.place, 'says', SQLERRM);
    END;
  END LOOP;
  PERFORM set_config('holdfast.broken', broken::text, true);
END $holdfast$;
SELECT current_setting('holdfast.broken')::json AS broken;
ROLLBACK`;
