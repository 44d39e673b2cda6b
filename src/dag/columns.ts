/** Sparse columns while they grow: one map per option that anybody uses, so that a graph without options pays for none. */
import type { EdgeRow, NodeRow, Table } from "./graph-core.js";

/** A {@link Table} that is being written. */
export type Columns<Row extends object> = { -readonly [K in keyof Row]: Map<number, Row[K]> | null };

/** Columns of nodes, none in use. */
export function nodeColumns(): Columns<NodeRow> {
  return {
    payload: null,
    metadata: null,
    cost: null,
    priority: null,
    timeoutMs: null,
    maxAttempts: null,
    backoff: null,
    retryOn: null,
    nodeTimeoutMs: null,
    join: null,
    condition: null,
    onFailure: null,
    finally: null,
    undo: null,
    resources: null,
    concurrencyKey: null,
    rate: null,
    effects: null,
    on: null,
    maxCrashes: null,
    cached: null,
    task: null,
  };
}

/** Columns of edges, none in use. */
export function edgeColumns(): Columns<EdgeRow> {
  return { weight: null, label: null, condition: null, filter: null, choice: null, move: null };
}

/** What is to be put into a row: `undefined` takes out what is there. */
export type RowChange<Row extends object> = { readonly [K in keyof Row]?: Row[K] | undefined };

/** Puts what `values` has into row `row`; what it does not have stays as it is. */
export function setRow<Row extends object>(columns: Columns<Row>, row: number, values: RowChange<Row>): void {
  for (const column of Object.keys(values) as (keyof Row)[]) {
    const value = values[column];
    if (value === undefined) {
      columns[column]?.delete(row);
      continue;
    }
    columns[column] ??= new Map();
    columns[column].set(row, value);
  }
}

/** Takes everything out of row `row`. */
export function clearRow<Row extends object>(columns: Columns<Row>, row: number): void {
  for (const column of columnsOf(columns)) column?.delete(row);
}

/** What row `row` has; a column it has nothing in is absent. */
export function rowOf<Row extends object>(table: Table<Row>, row: number): Partial<Row> {
  const values: Partial<Row> = {};
  for (const column of Object.keys(table) as (keyof Row)[]) {
    const value = table[column]?.get(row);
    if (value !== undefined) values[column] = value;
  }
  return values;
}

/** Whether no row has anything. */
export function isEmpty<Row extends object>(table: Table<Row>): boolean {
  return columnsOf(table).every((column) => column === null || column.size === 0);
}

/** A copy in which row `row` has moved to `place(row)`, and is gone where that is `undefined`; rows ascend. O(k log k) for k values. */
export function movedRows<Row extends object>(table: Table<Row>, place: (row: number) => number | undefined): Columns<Row> {
  const moved = { ...table } as Columns<Row>;
  for (const column of Object.keys(table) as (keyof Row)[]) moved[column] = movedColumn(table[column], place);
  return moved;
}

function movedColumn<T>(column: ReadonlyMap<number, T> | null, place: (row: number) => number | undefined): Map<number, T> | null {
  if (column === null) return null;
  const rows: [number, T][] = [];
  for (const [row, value] of column) {
    const to = place(row);
    if (to !== undefined) rows.push([to, value]);
  }
  return rows.length === 0 ? null : new Map(rows.sort(([a], [b]) => a - b));
}

function columnsOf<Row extends object>(table: Table<Row> | Columns<Row>): (Map<number, unknown> | null)[] {
  return Object.values(table);
}
