import { Box, Button, Group, Select, Text } from "@mantine/core";
import { IconCrop, IconCropLandscape, IconFrame } from "@tabler/icons-react";
import { useState } from "react";
import ReactCrop, { type PercentCrop } from "react-image-crop";
import "react-image-crop/dist/ReactCrop.css";
import { useSpeech } from "@/i18n";
import { type BoxOf, aspectOf, centred, fromPercent, toPercent } from "./crops";

const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

interface Props {
  src: string;
  name: string;
  width: number;
  height: number;
  /** Left, top, right, bottom in pixels; null shows all. */
  crop: BoxOf | null;
  sizes: string[];
  onChange: (crop: BoxOf | null) => void;
}

/** A picture with the box that is trained on: drag, resize, arrow keys; or the largest of a size. */
export function CropEditor({ src, name, width, height, crop, sizes, onChange }: Props) {
  const { t } = useSpeech();
  const [drag, setDrag] = useState<PercentCrop | null>(null);
  const [size, setSize] = useState<string | null>(null);
  const shown = drag ?? (crop ? toPercent(crop, width, height) : undefined);
  const box = drag ? fromPercent(drag, width, height) : crop;
  const labels = Object.fromEntries([
    ["cropArea", t("crop.area")],
    ...HANDLES.map((side) => [`${side}DragHandle`, t("crop.handle")]),
  ]) as unknown;
  const choose = (next: string | null) => {
    setSize(next);
    if (next) onChange(centred(aspectOf(next), width, height));
  };
  return (
    <div>
      <Box style={{ display: "flex", justifyContent: "center" }} bg="var(--mantine-color-default-hover)">
        <ReactCrop
          crop={shown}
          aspect={size ? aspectOf(size) : undefined}
          minWidth={16}
          minHeight={16}
          keepSelection
          onChange={(_, percent) => setDrag(percent)}
          onComplete={(_, percent) => {
            setDrag(null);
            if (drag) onChange(fromPercent(percent, width, height));
          }}
          ariaLabels={labels as never}
        >
          <img src={src} alt={name} style={{ display: "block", maxHeight: "62vh", maxWidth: "100%" }} />
        </ReactCrop>
      </Box>
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
          onClick={() => onChange(null)}
        >
          {t("crop.whole")}
        </Button>
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
          <IconCrop size={14} style={{ verticalAlign: "-2px" }} />{" "}
          {box ? `${box[2] - box[0]} × ${box[3] - box[1]}` : `${width} × ${height}`}
        </Text>
      </Group>
    </div>
  );
}
