import { Anchor, Select, Stack, TagsInput, TextInput, Textarea } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { useLicences } from "@/api/models";
import { useSpeech } from "@/i18n";

export type CardText = Required<
  Pick<Schemas["NewModel"], "name" | "description" | "licence" | "licence_text"> & { triggers: string[] }
>;

interface Props {
  card: CardText;
  /** What the name is good for. */
  nameHint?: string;
  onChange: (change: Partial<CardText>) => void;
}

/** What a maker says of a model in words. */
export function CardFields({ card, nameHint, onChange }: Props) {
  const { t, say } = useSpeech();
  const licences = useLicences().data ?? [];
  const url = licences.find((one) => one.id === card.licence)?.url;
  return (
    <Stack>
      <TextInput
        required
        maxLength={100}
        label={t("model.name")}
        description={nameHint}
        value={card.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TagsInput
        label={t("model.triggers")}
        description={t("model.triggersHint")}
        maxTags={50}
        splitChars={[",", "，"]}
        clearable
        clearButtonProps={{ "aria-label": t("common.delete") }}
        value={card.triggers}
        onChange={(triggers) => onChange({ triggers })}
      />
      <Textarea
        label={t("model.description")}
        placeholder={t("model.descriptionHint")}
        autosize
        minRows={3}
        maxRows={12}
        maxLength={10_000}
        value={card.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
      <Select
        label={t("model.licence")}
        allowDeselect={false}
        data={licences.map((one) => ({ value: one.id, label: say(one.title) }))}
        value={card.licence}
        onChange={(licence) =>
          onChange({
            licence: (licence ?? "unstated") as CardText["licence"],
            ...(licence === "custom" ? {} : { licence_text: "" }),
          })
        }
        inputWrapperOrder={["label", "input", "description"]}
        description={
          url && (
            <Anchor href={url} target="_blank" rel="noreferrer" size="xs">
              {t("model.licenceRead")}
            </Anchor>
          )
        }
      />
      {card.licence === "custom" && (
        <Textarea
          required
          label={t("model.licenceText")}
          autosize
          minRows={2}
          maxRows={10}
          maxLength={20_000}
          value={card.licence_text}
          onChange={(event) => onChange({ licence_text: event.currentTarget.value })}
        />
      )}
    </Stack>
  );
}
