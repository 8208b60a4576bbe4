import { ActionIcon, Group, Modal, Select, Slider, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowDown, IconArrowLeft, IconArrowRight, IconArrowUp, IconZoomReset } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useSpeech } from "@/i18n";
import type { Look } from "./PreviewMatrix";
import { PictureStage } from "./PictureStage";
import { type View, STILL, besideOf, move } from "./views";

interface Props extends Look {
  /** Pictures by row (epoch) and column (prompt); null where none was drawn. */
  rows: { label: string; pictures: (string | null)[] }[];
  columns: string[];
  across: boolean;
  place: NonNullable<Look["place"]>;
  onLook: (look: Look) => void;
  /** What stands below the picture. */
  children?: ReactNode;
}

/**
 * One preview, large; beside it, under a slider, another. Arrow keys go through epochs and prompts; zoom and place stay,
 * so that the same spot is compared.
 */
export function PreviewViewer({ rows, columns, across, place, beside, onLook, children }: Props) {
  const { t } = useSpeech();
  const [view, setView] = useState<View>(STILL);
  const [split, setSplit] = useState(50);
  const go = (down: number, right: number) =>
    onLook({ place: move(place, down, right, rows.length, columns.length), beside });
  useHotkeys([
    ["ArrowUp", () => go(-1, 0)],
    ["ArrowDown", () => go(1, 0)],
    ["ArrowLeft", () => go(0, -1)],
    ["ArrowRight", () => go(0, 1)],
    ["0", () => setView(STILL)],
    ["c", () => onLook({ place, beside: beside ? undefined : place.row === 0 ? "r1" : "r0" })],
  ]);
  const other = besideOf(beside, place);
  const called = (at: typeof place) =>
    [rows[at.row]?.label, across ? columns[at.column] : ""].filter(Boolean).join(" · ");
  const choices = [
    ...rows.map((row, index) => ({ value: `r${index}`, label: row.label })),
    ...(across ? columns.map((name, index) => ({ value: `c${index}`, label: name })) : []),
  ].filter(({ value }) => value !== `r${place.row}` && value !== `c${place.column}`);
  const arrows = [
    { Icon: IconArrowLeft, label: t("preview.left"), by: () => go(0, -1) },
    { Icon: IconArrowUp, label: t("preview.up"), by: () => go(-1, 0) },
    { Icon: IconArrowDown, label: t("preview.down"), by: () => go(1, 0) },
    { Icon: IconArrowRight, label: t("preview.right"), by: () => go(0, 1) },
  ];
  return (
    <Modal
      opened
      onClose={() => onLook({ place: null, beside })}
      closeButtonProps={{ "aria-label": t("common.close") }}
      size="min(96vw, 1000px)"
      title={called(place)}
      centered
    >
      <PictureStage
        src={rows[place.row]?.pictures[place.column] ?? null}
        label={called(place)}
        alt={columns[place.column] ?? ""}
        beside={other && { src: rows[other.row]?.pictures[other.column] ?? null, label: called(other) }}
        split={split}
        view={view}
        onView={setView}
      />
      {other && (
        <Slider
          value={split}
          onChange={setSplit}
          label={null}
          mt="sm"
          thumbLabel={t("preview.slider")}
          aria-label={t("preview.slider")}
        />
      )}
      <Group justify="space-between" mt="sm" gap="xs">
        <Text size="sm" lineClamp={2} style={{ flex: "1 1 200px" }}>
          {columns[place.column]}
        </Text>
        <Group gap={4} justify="end">
          {choices.length > 0 && (
            <Select
              size="sm"
              w={170}
              clearable
              comboboxProps={{ withinPortal: true }}
              placeholder={t("preview.compare")}
              aria-label={t("preview.compare")}
              data={choices}
              value={other ? (beside ?? null) : null}
              onChange={(value) => onLook({ place, beside: value ?? undefined })}
            />
          )}
          {(rows.length * columns.length > 1 ? arrows : []).map(({ Icon, label, by }) => (
            <ActionIcon key={label} variant="default" size="lg" aria-label={label} onClick={by}>
              <Icon size={18} />
            </ActionIcon>
          ))}
          <ActionIcon variant="default" size="lg" aria-label={t("preview.reset")} onClick={() => setView(STILL)}>
            <IconZoomReset size={18} />
          </ActionIcon>
        </Group>
      </Group>
      {children}
    </Modal>
  );
}
