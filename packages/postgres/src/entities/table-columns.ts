import { readTime, storedTime, type TimeColumn } from '@holdfast/core/instant';
import { type JsonValue, readStoredJson } from '@holdfast/core/json';
import type { Parameters } from '../database/sql-database.js';
import type { Column } from './column.js';
import { columnName, type Columns, type Entity, type RecordWith } from './define-entity.js';

/** A column under the names that it has in one statement. */
interface NamedColumn {
  readonly property: string;
  readonly name: string;
  readonly type: unknown;
  readonly isOptional: boolean;
  /** Of the statement's parameter that holds the value. */
  readonly parameter: string;
  /** In the statement's result. */
  readonly result: string;
}

type Row = Readonly<Record<string, unknown>>;

/** The columns of an entity for hand-written statements: made once, when a module is loaded. */
export function tableColumns<C extends Columns>({
  columns: all,
}: Pick<Entity<C>, 'columns'>): TableColumns<RecordWith<C>> {
  const columns = Object.entries<Column<unknown, unknown>>(all);
  return new TableColumns(
    columns.map(([property, column]) => {
      const name = columnName(property, column);
      const isOptional = 'optional' in column;
      return { property, name, type: column.type, isOptional, parameter: property, result: name };
    }),
  );
}

export class TableColumns<Item extends object> {
  /** For `INSERT INTO table (…)`: `version_no, document` */
  readonly names: string;
  /** For `VALUES (…)`, with `parameters`: `:versionNo, :document` */
  readonly values: string;
  /** For `SELECT …`, with `read`: `v.version_no, CAST(v.document AS text) AS document` */
  readonly selected: string;
  /** For rows that PostgreSQL reads from JSON, with `row`: `version_no integer, document json` */
  readonly definitions: string;

  constructor(
    private readonly columns: readonly NamedColumn[],
    alias = '',
  ) {
    const list = (text: (column: NamedColumn) => string) => columns.map(text).join(', ');
    this.names = list(({ name }) => name);
    this.values = list(({ parameter }) => `:${parameter}`);
    this.definitions = list(({ name, type }) => `${name} ${String(type)}`);
    this.selected = list(({ name, type, result }) => {
      if (type === 'json') return `CAST(${alias}${name} AS text) AS ${result}`;
      return `${alias}${name}${result === name ? '' : ` AS ${result}`}`;
    });
  }

  /**
   * Of a table with an alias.
   * @param prefix of the columns in the result, where another table has columns of the same names
   */
  from(alias: string, prefix = ''): TableColumns<Item> {
    const columns = this.columns.map((each) => ({ ...each, result: `${prefix}${each.name}` }));
    return new TableColumns(columns, `${alias}.`);
  }

  /** For a statement that writes several records: `:event.versionNo` */
  inParameters(prefix: string): TableColumns<Item> {
    return new TableColumns(
      this.columns.map((each) => ({ ...each, parameter: `${prefix}.${each.property}` })),
    );
  }

  without<P extends keyof Item & string>(...properties: readonly P[]): TableColumns<Omit<Item, P>> {
    const left = new Set<string>(properties);
    return new TableColumns(this.columns.filter(({ property }) => !left.has(property)));
  }

  parameters(item: Item): Parameters {
    const parameters: Record<string, Parameters[string]> = {};
    for (const { property, type, parameter } of this.columns) {
      parameters[parameter] = storedValue((item as Row)[property], type);
    }
    return parameters;
  }

  row(item: Item): Row {
    const row: Record<string, unknown> = {};
    for (const { property, name, type } of this.columns) {
      const value = (item as Row)[property];
      row[name] = type === 'json' ? value : storedValue(value, type);
    }
    return row;
  }

  read(row: object): Item {
    return this.#read(row as Row, ({ result }) => JSON.parse((row as Row)[result] as string));
  }

  /** `read`, for documents that may be large: each is read in a turn of the event loop of its own. */
  async readLarge(row: object): Promise<Item> {
    const documents = new Map<NamedColumn, JsonValue>();
    for (const column of this.columns) {
      const text = (row as Row)[column.result];
      if (column.type === 'json' && typeof text === 'string') {
        documents.set(column, await readStoredJson(text));
      }
    }
    return this.#read(row as Row, (column) => documents.get(column));
  }

  #read(row: Row, readJson: (column: NamedColumn) => unknown): Item {
    const item: Record<string, unknown> = {};
    for (const column of this.columns) {
      const { property, type, isOptional, result } = column;
      const value = row[result];
      if (value !== null) {
        item[property] = type === 'json' ? readJson(column) : readValue(value, type);
      } else if (!isOptional) {
        item[property] = null;
      }
    }
    return item as Item;
  }
}

function readValue(value: unknown, type: unknown): unknown {
  if (type === 'timestamptz') return readTime(value as TimeColumn);
  if (type === 'bigint') return Number(value);
  return type === 'boolean' ? Boolean(value) : value;
}

function storedValue(value: unknown, type: unknown): Parameters[string] {
  if (value === undefined) return null;
  if (type === 'json') return JSON.stringify(value);
  return type === 'timestamptz' && value !== null
    ? storedTime(value as string)
    : (value as Parameters[string]);
}
