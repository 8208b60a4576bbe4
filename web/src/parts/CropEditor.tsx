import { Button, Group, Select, Text } from "@mantine/core";
import { IconArrowsMaximize, IconCrop, IconCropLandscape, IconFrame } from "@tabler/icons-react";
import { useRef, useState } from "react";
import ReactCrop, { type PercentCrop } from "react-image-crop";
import "react-image-crop/dist/ReactCrop.css";
import { useSpeech } from "@/i18n";
import { type BoxOf, aspectOf, centred, fromPercent, inside, liesWithin, toPercent } from "./crops";
import classes from "./CropEditor.module.css";

const FILLS = ["edge", "blur", "#ffffff"] as const;

const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

interface Props {
  src: string;
  name: string;
  width: number;
  height: number;
  /** Left, top, right, bottom in pixels; null shows all. */
  crop: BoxOf | null;
  /** How the box is filled where it reaches over the edge; undefined if it mayn't. */
  extend?: string | null;
  sizes: string[];
  onChange: (crop: BoxOf | null, extend: string | null) => void;
}

/** A picture with the box that is trained on: drag, resize, arrow keys; or the largest of a size; also over the edge. */
export function CropEditor({ src, name, width, height, crop, extend, sizes, onChange }: Props) {
  const { t } = useSpeech();
  const [drag, setDrag] = useState<PercentCrop | null>(null);
  // Arrow keys move and complete at once, before the state is there.
  const moved = useRef(false);
  const [size, setSize] = useState<string | null>(null);
  const leaves = crop !== null && !liesWithin(crop, width, height);
  const [opened, setOpened] = useState(false);
  const beyond = extend !== undefined && (opened || leaves);
  const fill = extend ?? "edge";
  const frame = { width, height, room: beyond ? 0.25 : 0 };
  const shown = drag ?? (crop ? toPercent(crop, frame) : undefined);
  const box = drag ? fromPercent(drag, frame) : crop;
  const set = (next: BoxOf | null, by = fill) => onChange(next, next && !liesWithin(next, width, height) ? by : null);
  const labels = Object.fromEntries([
    ["cropArea", t("crop.area")],
    ...HANDLES.map((side) => [`${side}DragHandle`, t("crop.handle")]),
  ]) as unknown;
  const choose = (next: string | null) => {
    setSize(next);
    if (next) set(centred(aspectOf(next), width, height));
  };
  const close = () => {
    setOpened(false);
    if (crop && leaves) set(inside(crop, width, height));
  };
  const part = 100 / (1 + 2 * frame.room);
  return (
    <div>
      <div className={classes.stage}>
        <ReactCrop
          crop={shown}
          aspect={size ? aspectOf(size) : undefined}
          minWidth={16}
          minHeight={16}
          keepSelection
          style={{ width: `min(100%, ${(62 * width) / height}vh)` }}
          onChange={(_, percent) => {
            moved.current = true;
            setDrag(percent);
          }}
          onComplete={(_, percent) => {
            setDrag(null);
            if (moved.current) set(fromPercent(percent, frame));
            moved.current = false;
          }}
          ariaLabels={labels as never}
        >
          <div
            className={classes.frame}
            style={{ aspectRatio: `${width} / ${height}` }}
            data-beyond={beyond || undefined}
          >
            <img src={src} alt={name} style={{ width: `${part}%`, height: `${part}%` }} />
          </div>
        </ReactCrop>
      </div>
      <Group mt="xs" gap="xs">
        <Select
          size="xs"
          w={130}
          aria-label={t("crop.size")}
          placeholder={t("crop.free")}
          leftSection={<IconCropLandscape size={14} />}
          clearable
          data={sizes.map((one) => ({ value: one, label: one.replace("x", " × ") }))}
          value={size}
          onChange={choose}
        />
        <Button
          size="xs"
          variant="default"
          leftSection={<IconFrame size={14} />}
          disabled={!crop}
          onClick={() => set(null)}
        >
          {t("crop.whole")}
        </Button>
        {extend !== undefined && (
          <Button
            size="xs"
            variant={beyond ? "light" : "default"}
            aria-pressed={beyond}
            leftSection={<IconArrowsMaximize size={14} />}
            onClick={() => (beyond ? close() : setOpened(true))}
          >
            {t("crop.beyond")}
          </Button>
        )}
        {leaves && (
          <Select
            size="xs"
            w={150}
            aria-label={t("crop.fill")}
            allowDeselect={false}
            value={fill}
            onChange={(next) => next && set(crop, next)}
            data={[...new Set([...FILLS, fill])].map((one) => ({
              value: one,
              label: one === "edge" || one === "blur" ? t(`crop.${one}`) : one === "#ffffff" ? t("crop.white") : one,
            }))}
          />
        )}
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
          <IconCrop size={14} style={{ verticalAlign: "-2px" }} />{" "}
          {box ? `${box[2] - box[0]} × ${box[3] - box[1]}` : `${width} × ${height}`}
        </Text>
      </Group>
    </div>
  );
}
