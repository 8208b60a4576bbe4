import { ActionIcon, Box, Group, Modal, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowDown, IconArrowLeft, IconArrowRight, IconArrowUp, IconZoomReset } from "@tabler/icons-react";
import { useRef, useState, type PointerEvent, type ReactNode, type WheelEvent } from "react";
import { useSpeech } from "@/i18n";
import { type Place, type View, STILL, move, zoomed } from "./views";

interface Props {
  /** Pictures by row (epoch) and column (prompt); null where none was drawn. */
  rows: { label: string; pictures: (string | null)[] }[];
  prompts: string[];
  place: Place;
  onMove: (place: Place) => void;
  onClose: () => void;
  /** What stands below the picture. */
  children?: ReactNode;
}

/** One preview, large. Arrow keys go through epochs and prompts; zoom and place stay, so that the same spot is compared. */
export function PreviewViewer({ rows, prompts, place, onMove, onClose, children }: Props) {
  const { t } = useSpeech();
  const [view, setView] = useState<View>(STILL);
  const grip = useRef<{ x: number; y: number } | null>(null);
  const go = (down: number, right: number) => onMove(move(place, down, right, rows.length, prompts.length));
  useHotkeys([
    ["ArrowUp", () => go(-1, 0)],
    ["ArrowDown", () => go(1, 0)],
    ["ArrowLeft", () => go(0, -1)],
    ["ArrowRight", () => go(0, 1)],
    ["0", () => setView(STILL)],
  ]);
  const row = rows[place.row];
  const src = row?.pictures[place.column];
  const onWheel = (event: WheelEvent<HTMLDivElement>) => {
    const frame = event.currentTarget.getBoundingClientRect();
    const spot = { x: event.clientX - frame.left - frame.width / 2, y: event.clientY - frame.top - frame.height / 2 };
    setView((now) => zoomed(now, event.deltaY < 0 ? 1.2 : 1 / 1.2, spot));
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!grip.current) return;
    const { x, y } = grip.current;
    grip.current = { x: event.clientX, y: event.clientY };
    setView((now) => ({ ...now, x: now.x + event.clientX - x, y: now.y + event.clientY - y }));
  };
  const arrows = [
    { Icon: IconArrowLeft, label: t("preview.left"), by: () => go(0, -1) },
    { Icon: IconArrowUp, label: t("preview.up"), by: () => go(-1, 0) },
    { Icon: IconArrowDown, label: t("preview.down"), by: () => go(1, 0) },
    { Icon: IconArrowRight, label: t("preview.right"), by: () => go(0, 1) },
  ];
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ "aria-label": t("common.close") }}
      size="min(94vw, 1000px)"
      title={row?.label}
      centered
    >
      <Box
        h="64vh"
        style={{ overflow: "hidden", cursor: "grab", touchAction: "none", display: "grid", placeItems: "center" }}
        onWheel={onWheel}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          grip.current = { x: event.clientX, y: event.clientY };
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => (grip.current = null)}
      >
        {src ? (
          <img
            src={src}
            alt={prompts[place.column]}
            draggable={false}
            style={{
              height: "64vh",
              maxWidth: "100%",
              objectFit: "contain",
              transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
              imageRendering: view.scale > 3 ? "pixelated" : undefined,
            }}
          />
        ) : (
          <Text c="dimmed">{t("preview.none")}</Text>
        )}
      </Box>
      <Group justify="space-between" mt="sm" wrap="nowrap">
        <Text size="sm" lineClamp={2}>
          {prompts[place.column]}
        </Text>
        <Group gap={4} wrap="nowrap">
          {arrows.map(({ Icon, label, by }) => (
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
