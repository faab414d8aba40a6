/** A migration that says that it is backward-compatible. `app` stands for the role of the running build. */
export interface Mutant {
  readonly sql: string;
  /** What the build that has this migration writes while the older one runs. */
  readonly newer?: string;
}

const ticket = (change: string): Mutant => ({ sql: `ALTER TABLE tickets ${change}` });
const column = (change: string): Mutant => ticket(`ALTER COLUMN ${change}`);
const comment = (change: string): Mutant => ({ sql: `ALTER TABLE comments ${change}` });
const index = (of: string): Mutant => ({ sql: `CREATE INDEX ON comments ${of}` });
const sql = (text: string, newer?: string): Mutant => ({
  sql: text,
  ...(newer !== undefined && { newer }),
});

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  // Taken away.
  'a column that is written is dropped': ticket('DROP COLUMN note'),
  'a column that nobody names is dropped': ticket('DROP COLUMN legacy'),
  'a table that is used is dropped': sql('DROP TABLE comments'),
  'a table that nobody uses is dropped': sql('DROP TABLE archive'),
  'a function that is called is dropped': sql('DROP FUNCTION label(text)'),
  'an index that is not unique is dropped': sql('DROP INDEX tickets_by_state'),
  'a unique index that ON CONFLICT goes by is dropped': sql('DROP INDEX tickets_by_owner'),
  'a check is dropped': sql('ALTER TABLE comments DROP CONSTRAINT said'),
  'a foreign key no longer cascades': sql(
    `ALTER TABLE comments DROP CONSTRAINT comments_ticket_id_fkey,
       ADD FOREIGN KEY (ticket_id) REFERENCES tickets`,
  ),
  'the role may not update any more': sql('REVOKE UPDATE ON tickets FROM app'),

  // Renamed.
  'a column that is read is renamed': ticket('RENAME COLUMN owner TO holder'),
  'a column that nobody names is renamed': ticket('RENAME COLUMN legacy TO old'),
  'a table that is used is renamed': sql('ALTER TABLE comments RENAME TO remarks'),
  'another column takes the name': sql(
    'ALTER TABLE tickets RENAME COLUMN note TO old; ALTER TABLE tickets RENAME COLUMN legacy TO note',
  ),
  'an index is renamed': sql('ALTER INDEX tickets_by_owner RENAME TO tickets_once'),
  'a view takes the name, without rights': sql(
    'ALTER TABLE tickets RENAME TO all_tickets; CREATE VIEW tickets AS SELECT * FROM all_tickets',
  ),
  'another table takes the name, without rights': sql(
    `ALTER TABLE comments RENAME TO old; CREATE TABLE comments (LIKE old INCLUDING ALL);
     ALTER TABLE comments ADD FOREIGN KEY (ticket_id) REFERENCES tickets ON DELETE CASCADE;
     DROP TABLE old`,
  ),
  'another table takes the name, alike': sql(
    `ALTER TABLE comments RENAME TO old; CREATE TABLE comments (LIKE old INCLUDING ALL);
     ALTER TABLE comments ADD FOREIGN KEY (ticket_id) REFERENCES tickets ON DELETE CASCADE;
     DROP TABLE old; GRANT SELECT, INSERT, UPDATE, DELETE ON comments TO app`,
  ),

  // Columns more.
  'a column that may be NULL': ticket('ADD COLUMN remark text'),
  'a required column with a default': ticket(`ADD COLUMN remark text NOT NULL DEFAULT ''`),
  'a required column without a default': sql('ALTER TABLE counters ADD COLUMN kind text NOT NULL'),
  'a column behind those of an INSERT that names none': sql(
    'ALTER TABLE counters ADD COLUMN seen_at timestamptz DEFAULT now()',
  ),
  'a column among those of an INSERT that names none': sql(
    `ALTER TABLE counters DROP COLUMN value, ADD COLUMN kind text,
       ADD COLUMN value bigint NOT NULL DEFAULT 0`,
  ),
  'a column that makes a name ambiguous': ticket('ADD COLUMN body text'),
  'a serial number, whose sequence the role may not use': ticket('ADD COLUMN number bigserial'),
  'an identity': ticket('ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY'),
  'a generated column': ticket('ADD COLUMN loud text GENERATED ALWAYS AS (upper(title)) STORED'),

  // Values.
  'what is written as NULL takes none': column('note SET NOT NULL'),
  'what is left out takes no NULL': column('legacy SET NOT NULL'),
  'what is left out takes no NULL, and has a default': ticket(
    `ALTER COLUMN legacy SET DEFAULT '', ALTER COLUMN legacy SET NOT NULL`,
  ),
  'what is required may be NULL': column('title DROP NOT NULL'),
  'the default of what is left out and required is dropped': column('state DROP DEFAULT'),
  'the default of what is left out is another': column(`state SET DEFAULT 'new'`),
  'a default for what nobody names': column(`legacy SET DEFAULT 'x'`),
  'what is written is generated': ticket(
    'DROP COLUMN note, ADD COLUMN note text GENERATED ALWAYS AS (title) STORED',
  ),

  // Values that the server makes.
  'a default that does not fit': comment(
    `ADD COLUMN phase varchar(3), ALTER COLUMN phase SET DEFAULT 'initial'`,
  ),
  'a default that does not fit, for an INSERT that names no columns': sql(
    `ALTER TABLE counters ADD COLUMN kind varchar(3), ALTER COLUMN kind SET DEFAULT 'initial'`,
  ),
  'a default that fits, for an INSERT that names no columns': sql(
    `ALTER TABLE counters ADD COLUMN kind varchar(7), ALTER COLUMN kind SET DEFAULT 'initial'`,
  ),
  'a default that fits': comment(
    `ADD COLUMN phase varchar(7), ALTER COLUMN phase SET DEFAULT 'initial'`,
  ),
  'a default that fails': comment('ALTER COLUMN about SET DEFAULT to_jsonb(1 / 0)'),
  'a default of a column of its own that fails': comment(
    'ADD COLUMN grade int, ALTER COLUMN grade SET DEFAULT 1 / 0',
  ),
  'a default that a check cannot be compared with': comment(
    'ADD COLUMN grade int CHECK (grade > 0), ALTER COLUMN grade SET DEFAULT 1 / 0',
  ),
  'a default that raises': sql(
    `CREATE FUNCTION refuses() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'none'; END $$;
     ALTER TABLE comments ADD COLUMN phase text;
     ALTER TABLE comments ALTER COLUMN phase SET DEFAULT refuses()`,
  ),
  'a default of a setting that is not there': comment(
    `ADD COLUMN tenant text, ALTER COLUMN tenant SET DEFAULT current_setting('trial.tenant')`,
  ),
  'a default of a setting that may not be there': comment(
    `ADD COLUMN tenant text, ALTER COLUMN tenant SET DEFAULT current_setting('trial.tenant', true)`,
  ),
  'a required column with a default that is NULL': comment(
    'ADD COLUMN phase text NOT NULL DEFAULT lower(NULL)',
  ),
  'a number of a sequence': sql(
    `CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO app;
     ALTER TABLE comments ADD COLUMN number bigint DEFAULT nextval('numbers')`,
  ),
  'a generated column that may fail': comment(
    'ADD COLUMN number int GENERATED ALWAYS AS (body::int) STORED',
  ),
  'a generated column that does not fit': comment(
    'ADD COLUMN short varchar(3) GENERATED ALWAYS AS (body) STORED',
  ),
  'a required generated column of what may be NULL': ticket(
    'ADD COLUMN loud text NOT NULL GENERATED ALWAYS AS (upper(note)) STORED',
  ),
  'a required generated column of what is required': comment(
    'ADD COLUMN loud text NOT NULL GENERATED ALWAYS AS (upper(body)) STORED',
  ),
  'a generated column of several': comment(
    `ADD COLUMN whole_text text GENERATED ALWAYS AS (id || ': ' || lower(body)) STORED`,
  ),
  'a generated column that is a copy': comment(
    'ADD COLUMN same text GENERATED ALWAYS AS (body) STORED',
  ),

  // Indexes.
  'an index of an expression that may fail': index('((body::int))'),
  'an index of an expression of a value that may fail': sql(
    'CREATE INDEX ON counters ((1000 / (value - 1)))',
  ),
  'an index with a condition that may fail': index('(id) WHERE body::int > 0'),
  'an index of an expression of more rows than another has': index('((ticket_id::integer))'),
  'an index of an expression of the rows that another has': index(
    `((ticket_id::integer)) WHERE ticket_id = '1'`,
  ),
  'an index of what is there, or else another': sql(
    `CREATE INDEX ON tickets (coalesce(note, legacy, ''), coalesce(title, ''))`,
  ),
  'an index with a condition of a list': index(`(ticket_id) WHERE id = ANY ('{a,b}'::text[])`),
  'an index of a function that may fail': sql(
    `CREATE FUNCTION lower(given varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
       BEGIN RETURN given::int::text; END $$;
     CREATE INDEX ON comments (lower(body::varchar))`,
  ),
  'an index of what is in capitals': index('(lower(body))'),
  'an index of a varchar in capitals': sql('CREATE INDEX ON tickets (lower(title), state)'),
  'an index of a digest': index('(md5(body))'),
  'an index of a part of a document': index(`((about -> 'writer' ->> 'name'))`),
  'an index with a condition': index(`(ticket_id) WHERE about IS NOT NULL AND NOT body = 'x'`),
  'an index with a condition of several values': sql(
    `CREATE INDEX ON tickets (priority DESC) WHERE state IN ('open', 'new') AND title <> 'x'`,
  ),

  // Types.
  'a longer varchar': column('title TYPE varchar(80)'),
  'text for varchar': column('title TYPE text'),
  'a shorter varchar': column('title TYPE varchar(39) USING left(title, 39)'),
  'a wider numeric': column('price TYPE numeric(12,2)'),
  'a numeric of another scale': column('price TYPE numeric(8,0)'),
  'integer for smallint': column('priority TYPE integer'),
  'bigint for smallint': column('priority TYPE bigint'),
  'text for smallint': column('priority TYPE text'),
  'integer for text': column('note TYPE integer USING NULL'),
  'a type that nobody reads': column(`legacy TYPE integer USING length(legacy)`),
  'a label is renamed': sql(`ALTER TYPE mood RENAME VALUE 'glad' TO 'happy'`),
  'a label more': sql(`ALTER TYPE mood ADD VALUE 'calm'`),
  'a domain that refuses more': sql('ALTER DOMAIN amount ADD CHECK (VALUE < 100)'),

  'a domain that refuses more from now on': sql(
    'ALTER DOMAIN amount ADD CHECK (VALUE < 100) NOT VALID',
  ),
  'a domain of a domain that refuses more': sql('ALTER DOMAIN whole ADD CHECK (VALUE < 100)'),
  'a domain that refuses NULL, of what is left out': sql('ALTER DOMAIN place SET NOT NULL'),
  'a domain that refuses more, but not NULL, of what is left out': sql(
    'ALTER DOMAIN place ADD CHECK (VALUE < 100)',
  ),
  'a column of a domain that refuses NULL': sql(
    `CREATE DOMAIN who AS text CHECK (VALUE IS NOT NULL); ALTER TABLE comments ADD COLUMN who who`,
  ),
  'a column of a domain that refuses NULL, with a default': sql(
    `CREATE DOMAIN who AS text CHECK (VALUE IS NOT NULL);
     ALTER TABLE comments ADD COLUMN who who DEFAULT 'nobody'`,
  ),
  'a column of a domain that takes NULL': sql(
    `CREATE DOMAIN who AS text CHECK (VALUE <> ''); ALTER TABLE comments ADD COLUMN who who`,
  ),
  'what is written has to fit into its page': comment('ALTER COLUMN body SET STORAGE PLAIN'),
  'what is written is not compressed': comment('ALTER COLUMN body SET STORAGE EXTERNAL'),

  // Constraints.
  'a check of what is written': ticket('ADD CHECK (length(title) < 20)'),
  'a check that is not validated': ticket('ADD CHECK (owner IS NOT NULL) NOT VALID'),
  'a check of a column of its own': ticket('ADD COLUMN grade int CHECK (grade > 0)'),
  'a check that its default passes': ticket('ADD COLUMN grade int DEFAULT 1 CHECK (grade > 0)'),
  'a check that its default does not pass': ticket(
    'ADD COLUMN grade int DEFAULT 0, ADD CHECK (grade > 0) NOT VALID',
  ),
  'a unique key of what is written': sql('CREATE UNIQUE INDEX ON tickets (title)'),
  'a partial unique key of what is written': sql(
    `CREATE UNIQUE INDEX ON tickets (title) WHERE state = 'open'`,
  ),
  'a unique key that includes another': sql('CREATE UNIQUE INDEX ON tickets (title, id)'),
  'a unique key of a column of its own': ticket('ADD COLUMN code text UNIQUE'),
  'a unique key of a default': ticket(`ADD COLUMN code text DEFAULT 'x' UNIQUE`),
  'an index': sql('CREATE INDEX ON tickets (note)'),
  'a foreign key of what is written': ticket('ADD FOREIGN KEY (owner) REFERENCES people NOT VALID'),
  'a foreign key that keeps rows from being deleted': {
    ...ticket('ADD COLUMN parent text REFERENCES tickets'),
    newer: `UPDATE tickets SET parent = 'a' WHERE id = 'c'`,
  },
  'a foreign key that lets rows be deleted': {
    ...ticket('ADD COLUMN parent text REFERENCES tickets ON DELETE SET NULL'),
    newer: `UPDATE tickets SET parent = 'a' WHERE id = 'c'`,
  },
  'a table that keeps rows from being deleted': sql(
    'CREATE TABLE watchers (ticket_id text REFERENCES tickets)',
    `INSERT INTO watchers VALUES ('a')`,
  ),
  'a table whose rows go as well': sql(
    'CREATE TABLE watchers (ticket_id text REFERENCES tickets ON DELETE CASCADE)',
    `INSERT INTO watchers VALUES ('a')`,
  ),

  // Rows of other tables.
  'a table whose rows are among those of another': sql(
    'CREATE TABLE remarks () INHERITS (comments)',
    `INSERT INTO remarks (id, ticket_id, body) VALUES ('9', 'b', 'more')`,
  ),
  'a table like another': sql(
    'CREATE TABLE remarks (LIKE comments)',
    `INSERT INTO remarks (id, ticket_id, body) VALUES ('9', 'b', 'more')`,
  ),
  'another schema': sql('CREATE SCHEMA elsewhere; ALTER TABLE comments SET SCHEMA elsewhere'),

  // What comes between.
  'a trigger that drops rows': sql(
    `CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
     CREATE TRIGGER skips BEFORE INSERT ON comments FOR EACH ROW EXECUTE FUNCTION skip()`,
  ),
  'a rule that drops rows': sql('CREATE RULE skips AS ON INSERT TO comments DO INSTEAD NOTHING'),
  'row-level security': sql('ALTER TABLE tickets ENABLE ROW LEVEL SECURITY'),
  'a function that is called is another': sql(
    `CREATE OR REPLACE FUNCTION label(given text) RETURNS text LANGUAGE sql AS $$ SELECT lower(given) $$`,
  ),
  'a function more': sql(`CREATE FUNCTION other() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$`),
  'more rights on all tables': sql('GRANT SELECT ON ALL TABLES IN SCHEMA public TO app'),
  'a setting of the storage': ticket('SET (fillfactor = 70)'),
  'a comment': sql(`COMMENT ON TABLE tickets IS 'of customers'`),
};
