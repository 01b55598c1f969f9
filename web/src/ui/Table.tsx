import type { ReactNode } from "react";

export interface Column<T> {
  title: string;
  show: (row: T) => ReactNode;
}

/** A plain table; on a narrow screen each row becomes a card with its columns' titles. */
export function Table<T>({
  label,
  columns,
  rows,
  id,
}: {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  id: (row: T) => string;
}) {
  return (
    <table className="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col">
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={id(row)}>
            {columns.map((column) => (
              <td key={column.title} data-label={column.title}>
                <div>{column.show(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
