import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowMerge, IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { NameDialog } from "@/parts/NameDialog";
import { renaming } from "./renaming";

interface Props {
  tags: string[];
  disabled: boolean;
  onEdit: (operations: Schemas["TagEdit"]["operations"]) => void;
}

/** What can be done to the chosen tags in all captions: call them otherwise, make one of several, delete. */
export function TagActions({ tags, disabled, onEdit }: Props) {
  const { t } = useSpeech();
  const [naming, setNaming] = useState(false);
  const [first = ""] = tags;
  const rename = t(tags.length > 1 ? "tag.merge" : "tag.rename", { count: tags.length });
  const remove = t("tag.deleteMany", { count: tags.length });
  const off = disabled || tags.length === 0;
  return (
    <>
      <Tooltip label={rename}>
        <ActionIcon variant="default" disabled={off} aria-label={rename} onClick={() => setNaming(true)}>
          {tags.length > 1 ? <IconArrowMerge size={16} /> : <IconPencil size={16} />}
        </ActionIcon>
      </Tooltip>
      <Tooltip label={remove}>
        <ActionIcon
          variant="default"
          disabled={off}
          aria-label={remove}
          onClick={() => onEdit([{ kind: "delete", tags }])}
        >
          <IconTrash size={16} />
        </ActionIcon>
      </Tooltip>
      {naming && (
        <NameDialog
          title={rename}
          action={t("common.apply")}
          label={t("tag.newName")}
          hint={tags.join(", ")}
          name={first}
          loading={false}
          onClose={() => setNaming(false)}
          onName={(name) => {
            setNaming(false);
            onEdit(renaming(tags, name));
          }}
        />
      )}
    </>
  );
}
