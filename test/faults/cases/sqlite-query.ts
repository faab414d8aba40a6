import Sqlite from 'better-sqlite3';

/** Asks an SQLite file that a service works on. */
export function sqliteQuery(path: string) {
  return <Row extends object>(sql: string): Promise<Row[]> => {
    const connection = new Sqlite(path, { readonly: true });
    try {
      return Promise.resolve(connection.prepare<unknown[], Row>(sql).all());
    } finally {
      connection.close();
    }
  };
}
