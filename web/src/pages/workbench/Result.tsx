import { Card, Group, Select, Slider, Stack, Text } from "@mantine/core";
import { useElementSize, useLocalStorage } from "@mantine/hooks";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { isOpen } from "@/api/runs";
import { useSpeech } from "@/i18n";
import type { Look } from "@/parts/PreviewMatrix";
import { PreviewViewer } from "@/parts/PreviewViewer";
import type { Place } from "@/parts/views";
import { About } from "./About";
import { type Form, type Side, isPlain, toCellForm, toForm } from "./form";
import { Gallery } from "./Gallery";
import { GridTable } from "./GridTable";
import { axisLabels } from "./labels";
import { ResultHeader } from "./ResultHeader";

interface Props {
  drawing: Schemas["DrawingShape"];
  adapters: Schemas["AdapterShape"][];
  z: number;
  onZ: (z: number) => void;
  onReuse: (form: Form) => void;
  onDeleted: () => void;
}

const SMALLEST_PX = 64;
const LARGEST_PX = 768;

/** The pictures of a drawing as they come: side by side, or as a grid. */
export function Result({ drawing, adapters, z, onZ, onReuse, onDeleted }: Props) {
  const { t, say, language } = useSpeech();
  const { ref, width: room } = useElementSize();
  const [chosen, setSize] = useLocalStorage({ key: "danlu-workbench-cell", defaultValue: 192 });
  const [{ place, beside }, setLook] = useState<Look>({ place: null, beside: undefined });
  const open = isOpen(drawing.job);
  const plain = isPlain(drawing.drawing);
  const most = room > 0 ? Math.min(LARGEST_PX, room) : LARGEST_PX;
  const width = Math.min(chosen, most);
  const cell = { width, height: Math.round((width * drawing.height) / drawing.width) };
  const labels = (side: Side) => axisLabels(drawing[side], drawing.drawing[side], adapters, { t, say });
  const columns = labels("x");
  const rows = labels("y");
  const grids = labels("z");
  const colon = language === "zh" ? "：" : ": ";
  const titled = (axis: Schemas["AxisShape"] | null, label: string) =>
    axis ? `${say(axis.title)}${colon}${label}` : "";
  const number = (at: Place) => (z * rows.length + at.row) * columns.length + at.column;
  const show = (row: number, column: number) => setLook({ place: { row, column }, beside });
  return (
    <Card withBorder padding="md">
      <Stack gap="sm" ref={ref}>
        <ResultHeader drawing={drawing} onReuse={() => onReuse(toForm(drawing.drawing))} onDeleted={onDeleted} />
        <Group justify="space-between" gap="sm">
          {drawing.z ? (
            <Select
              size="xs"
              allowDeselect={false}
              aria-label={say(drawing.z.title)}
              leftSection={<Text size="xs">Z</Text>}
              data={grids.map((label, index) => ({ value: String(index), label }))}
              value={String(z)}
              onChange={(value) => onZ(Number(value))}
            />
          ) : (
            <span />
          )}
          <Group gap="xs" wrap="nowrap">
            <Text size="xs" c="dimmed">
              {t("workbench.cellSize")}
            </Text>
            <Slider
              w={140}
              size="sm"
              label={null}
              min={SMALLEST_PX}
              max={LARGEST_PX}
              step={16}
              thumbLabel={t("workbench.cellSize")}
              value={chosen}
              onChange={setSize}
            />
          </Group>
        </Group>
        {plain ? (
          <Gallery drawing={drawing} cell={cell} open={open} onOpen={show} />
        ) : (
          <GridTable drawing={drawing} columns={columns} rows={rows} z={z} cell={cell} open={open} onOpen={show} />
        )}
      </Stack>
      {place && (
        <PreviewViewer
          rows={rows.map((label, row) => ({
            label: titled(drawing.y, label),
            pictures: columns.map((_, column) => drawing.pictures[number({ row, column })]?.url ?? null),
          }))}
          columns={columns.map((label) => titled(drawing.x, label))}
          place={place}
          beside={beside}
          across
          onLook={setLook}
        >
          <About
            drawing={drawing}
            number={number(place)}
            onReuse={() => {
              onReuse(toCellForm(drawing.drawing, { x: place.column, y: place.row, z }));
              setLook({ place: null, beside });
            }}
          />
        </PreviewViewer>
      )}
    </Card>
  );
}
