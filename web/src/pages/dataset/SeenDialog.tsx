import { Badge, Center, Group, Loader, Modal, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useBases } from "@/api/recipes";
import { useSeen } from "@/api/tagging";
import { useSpeech } from "@/i18n";
import { Failure } from "@/parts/Failure";
import { percent } from "@/parts/format";

interface Props {
  dataset: Schemas["DatasetDetail"];
  picture: string;
  onClose: () => void;
}

/** What the model will see of a picture: its pixels in their bucket, and captions after shuffle and dropout. */
export function SeenDialog({ dataset, picture, onClose }: Props) {
  const { t } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  const [chosen, setBase] = useState<string | null>(null);
  const base = chosen ?? bases[0]?.id ?? "danlu-mini";
  const seen = useSeen({ dataset_id: dataset.id, picture, base }, dataset.version);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("seen.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {bases.length > 1 && (
        <Select
          label={t("train.base")}
          mb="md"
          allowDeselect={false}
          value={base}
          onChange={setBase}
          data={bases.map((one) => ({ value: one.id, label: one.name }))}
        />
      )}
      {seen.error && <Failure error={seen.error} onRetry={() => void seen.refetch()} />}
      {seen.isLoading && (
        <Center h={200}>
          <Stack align="center">
            <Loader />
            <Text c="dimmed">{t("seen.wait")}</Text>
          </Stack>
        </Center>
      )}
      {seen.data && <Seen seen={seen.data} />}
    </Modal>
  );
}

function Seen({ seen }: { seen: Schemas["SeenShape"] }) {
  const { t } = useSpeech();
  const [width = 0, height = 0] = seen.bucket;
  return (
    <Stack>
      <Group align="end">
        {seen.pixels.map((source, index) => (
          <figure key={index} style={{ margin: 0 }}>
            <img src={source} alt="" style={{ display: "block", maxWidth: 220, maxHeight: 320, minHeight: 160 }} />
            <Text component="figcaption" size="xs" c="dimmed" ta="center">
              {t(seen.renditions[index]?.flipped ? "seen.mirrored" : "seen.plain")}
            </Text>
          </figure>
        ))}
      </Group>
      <Text size="sm">
        {t("seen.bucket", { size: `${width} × ${height}`, scale: percent(seen.scale) })}{" "}
        {seen.held_out ? t("seen.heldOut") : t("seen.repeats", { count: seen.repeats })}
      </Text>
      <Text fw={600}>{t("seen.captions")}</Text>
      {seen.captions.length === 0 && <Text c="dimmed">{t("seen.never")}</Text>}
      {seen.captions.map((one, index) => (
        <Group key={index} wrap="nowrap" align="start" gap="xs">
          <Badge variant="light" tt="none" style={{ flexShrink: 0 }}>
            {one.epoch ? t("seen.step", { epoch: one.epoch, step: one.step }) : t("seen.measured")}
          </Badge>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {one.portions.slice(0, one.portions_read).join("") || t("seen.empty")}
            <Text span td="line-through" c="dimmed" inherit>
              {one.portions.slice(one.portions_read).join("")}
            </Text>{" "}
            <Text span c="dimmed" size="xs">
              {t("seen.tokens", { count: one.tokens })}
              {one.flipped && ` · ${t("seen.mirrored")}`}
            </Text>
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
