import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { Cell } from "./Cell";
import classes from "./Grid.module.css";

interface Props {
  drawing: Schemas["DrawingShape"];
  columns: string[];
  rows: string[];
  /** Which grid is shown. */
  z: number;
  cell: { width: number; height: number };
  open: boolean;
  onOpen: (row: number, column: number) => void;
}

/** A grid whose labels stay in view while one scrolls. */
export function GridTable({ drawing, columns, rows, z, cell, open, onOpen }: Props) {
  const { t, say } = useSpeech();
  const first = z * rows.length * columns.length;
  const titles = [drawing.y, drawing.x].flatMap((axis) => (axis ? [say(axis.title)] : []));
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t("workbench.results")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <td className={classes.corner}>{titles.join(" \\ ")}</td>
            {columns.map((label, column) => (
              <th key={column} scope="col" className={classes.column} style={{ maxWidth: cell.width }}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((label, row) => (
            <tr key={row}>
              <th scope="row" className={classes.row}>
                {label}
              </th>
              {columns.map((name, column) => (
                <td key={column}>
                  <Cell
                    {...cell}
                    picture={drawing.pictures[first + row * columns.length + column] ?? null}
                    label={[label, name].filter(Boolean).join(", ") || t("workbench.picture")}
                    open={open}
                    onOpen={() => onOpen(row, column)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
