import { ActionIcon, Button, Group, SegmentedControl } from "@mantine/core";
import { IconTrash, IconZoomIn } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { changeView, useChange } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { NameDialog } from "@/parts/NameDialog";

interface Props {
  dataset: Schemas["DatasetDetail"];
  picture: Schemas["PictureShape"];
  /** The view whose box is edited; "" is the picture itself. */
  view: string;
  onView: (view: string) => void;
}

/** Further views of a picture, close-ups for example: each is trained on as a picture of its own. */
export function Views({ dataset, picture, view, onView }: Props) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  const [naming, setNaming] = useState(false);
  const save = (name: string, values: { crop?: number[]; remove?: boolean }) =>
    change.mutateAsync({
      call: (version) => changeView(dataset.id, version, { picture: picture.name, name, remove: false, ...values }),
    });
  const { width, height } = picture;
  const upper = [width / 4, height / 8, (3 * width) / 4, (5 * height) / 8].map(Math.round);
  return (
    <Group gap="xs">
      {picture.views.length > 0 && (
        <SegmentedControl
          size="xs"
          aria-label={t("view.title")}
          value={view}
          onChange={onView}
          data={[
            { value: "", label: t("view.whole") },
            ...picture.views.map((one) => ({ value: one.name, label: one.name })),
          ]}
        />
      )}
      {view !== "" && (
        <ActionIcon
          variant="subtle"
          color="red"
          aria-label={t("view.remove", { name: view })}
          onClick={() => {
            onView("");
            void save(view, { remove: true });
          }}
        >
          <IconTrash size={16} />
        </ActionIcon>
      )}
      <Button
        size="compact-xs"
        variant="subtle"
        leftSection={<IconZoomIn size={14} />}
        disabled={dataset.busy || picture.excluded}
        onClick={() => setNaming(true)}
      >
        {t("view.add")}
      </Button>
      {naming && (
        <NameDialog
          title={t("view.add")}
          action={t("view.add")}
          label={t("dataset.name")}
          name={t("view.name")}
          loading={change.isPending}
          onClose={() => setNaming(false)}
          onName={(name) =>
            void save(name, { crop: upper }).then(() => {
              setNaming(false);
              onView(name);
            })
          }
        />
      )}
    </Group>
  );
}
