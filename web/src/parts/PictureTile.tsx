import { Badge, Box, Checkbox, Group, Text, UnstyledButton } from "@mantine/core";
import type { MouseEvent } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import classes from "./PictureTile.module.css";

interface Props {
  picture: Schemas["PictureShape"];
  selected: boolean;
  onSelect: (event: MouseEvent) => void;
  onOpen: () => void;
}

/** A picture in the grid: as it is trained (its crop box drawn), with its first tags below. */
export function PictureTile({ picture, selected, onSelect, onOpen }: Props) {
  const { t } = useSpeech();
  return (
    <Box className={classes.tile} data-selected={selected || undefined} data-excluded={picture.excluded || undefined}>
      <UnstyledButton className={classes.open} onClick={onOpen}>
        <Frame picture={picture} />
        <Text
          size="xs"
          className={classes.words}
          c={picture.caption ? undefined : "var(--mantine-color-orange-light-color)"}
        >
          {picture.caption || t("dataset.untagged")}
        </Text>
      </UnstyledButton>
      <Checkbox
        className={classes.check}
        size="md"
        checked={selected}
        onClick={onSelect}
        onChange={() => undefined}
        aria-label={t("dataset.select", { name: picture.name })}
      />
      <Group gap={4} className={classes.marks}>
        {picture.own_repeats !== null && (
          <Badge size="xs" color="dark" tt="none">
            {t("dataset.times", { count: picture.own_repeats })}
          </Badge>
        )}
        {picture.excluded && (
          <Badge size="xs" color="dark" tt="none">
            {t("dataset.excluded")}
          </Badge>
        )}
      </Group>
    </Box>
  );
}

/** The picture with what lies outside of its crop box darkened. */
function Frame({ picture }: { picture: Schemas["PictureShape"] }) {
  const { width, height, crop } = picture;
  const [left = 0, top = 0, right = width, bottom = height] = crop ?? [];
  const share = (part: number, whole: number) => `${(part / whole) * 100}%`;
  return (
    <span className={classes.picture}>
      <span
        className={classes.inner}
        style={{ aspectRatio: `${width} / ${height}`, [width > height ? "width" : "height"]: "100%" }}
      >
        <img src={picture.thumbnail} alt={picture.name} loading="lazy" decoding="async" />
        {crop && (
          <span
            className={classes.box}
            style={{
              left: share(left, width),
              top: share(top, height),
              width: share(right - left, width),
              height: share(bottom - top, height),
            }}
          />
        )}
      </span>
    </span>
  );
}
