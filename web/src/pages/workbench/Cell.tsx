import { Skeleton, UnstyledButton } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import classes from "./Grid.module.css";

interface Props {
  picture: Schemas["DrawnShape"] | null;
  label: string;
  /** In pixels on the screen. */
  width: number;
  height: number;
  /** Whether it may still be drawn. */
  open: boolean;
  onOpen: () => void;
}

const THUMBNAIL_PX = 256;

/** One picture, or its empty place. */
export function Cell({ picture, label, width, height, open, onOpen }: Props) {
  const { t } = useSpeech();
  const size = { width, height };
  if (!picture)
    return (
      <Skeleton style={size} radius="sm" animate={open} role="img" aria-label={`${label}: ${t("workbench.notYet")}`} />
    );
  const sharp = Math.max(width, height) * window.devicePixelRatio > THUMBNAIL_PX;
  return (
    <UnstyledButton className={classes.picture} style={size} onClick={onOpen} aria-label={label}>
      <img src={sharp ? picture.url : picture.thumbnail} alt="" loading="lazy" decoding="async" />
    </UnstyledButton>
  );
}
