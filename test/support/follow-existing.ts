/** The tables of `FOLLOWED` as the migrations of another program would have made them. */
export const EXISTING = `
CREATE TABLE owners (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(60) NOT NULL UNIQUE, note text,
  seen timestamptz NOT NULL DEFAULT now());
CREATE TABLE entries (
  id integer PRIMARY KEY, owner bigint REFERENCES owners ON DELETE CASCADE ON UPDATE CASCADE,
  amount double precision CHECK (amount >= 0), raw bytea,
  doubled double precision GENERATED ALWAYS AS (amount * 2) STORED);
CREATE INDEX entries_owner ON entries (owner);
CREATE TABLE pairs (a text, b smallint, v varchar(10), PRIMARY KEY (b, a));
CREATE TABLE words (word text NOT NULL UNIQUE, n integer UNIQUE);
CREATE VIEW named AS SELECT o.name, sum(e.amount) AS amount FROM owners o JOIN entries e ON e.owner = o.id GROUP BY 1;
`;

/** Columns that the file has too. */
export const COLUMNS: Readonly<Record<string, string>> = {
  owners: 'id, name, note',
  entries: 'id, owner, amount, raw',
  pairs: 'a, b, v',
  words: 'word, n',
};
