import { Text } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { Cell } from "./Cell";
import classes from "./Grid.module.css";

interface Props {
  drawing: Schemas["DrawingShape"];
  cell: { width: number; height: number };
  open: boolean;
  onOpen: (row: number, column: number) => void;
}

/** Plain pictures, each with the base's own beside it if that was asked for. */
export function Gallery({ drawing, cell, open, onOpen }: Props) {
  const { t, say } = useSpeech();
  const seeds = drawing.x?.labels ?? [null];
  const columns = seeds.length;
  const rows = drawing.pictures.length / columns;
  const name = (column: number, row: number) => {
    const seed = seeds[column];
    const words = seed ? `${t("workbench.seed")} ${say(seed)}` : t("workbench.picture");
    return row === 0 ? words : `${words}: ${t("workbench.baseAlone")}`;
  };
  return (
    <div className={classes.gallery}>
      {seeds.map((_, column) => (
        <figure key={column} className={classes.figure}>
          <div className={classes.pair}>
            {Array.from({ length: rows }, (_, row) => (
              <div key={row}>
                <Cell
                  {...cell}
                  picture={drawing.pictures[row * columns + column] ?? null}
                  label={name(column, row)}
                  open={open}
                  onOpen={() => onOpen(row, column)}
                />
                {rows > 1 && (
                  <Text size="xs" c="dimmed" mt={2}>
                    {t(row === 0 ? "workbench.withLoras" : "workbench.baseAlone")}
                  </Text>
                )}
              </div>
            ))}
          </div>
          <Text component="figcaption" size="xs" c="dimmed" mt={2}>
            {name(column, 0)}
          </Text>
        </figure>
      ))}
    </div>
  );
}
