import { Group, SegmentedControl, Stack, Text, Textarea } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useSpeech } from "@/i18n";
import { TagChips } from "@/parts/TagChips";
import { type Suggestion, splitTags } from "@/parts/tags";

interface Props {
  caption: string;
  tags: string[];
  trigger: string | null;
  suggestions: Suggestion[];
  onChange: (caption: string, tags: string[]) => void;
}

/** A caption as chips, or as the text that it is. */
export function CaptionEditor({ caption, tags, trigger, suggestions, onChange }: Props) {
  const { t } = useSpeech();
  const [how, setHow] = useState<"chips" | "text">(tags.length === 0 && caption ? "text" : "chips");
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text fw={600}>{t("picture.caption")}</Text>
        <SegmentedControl
          size="xs"
          aria-label={t("picture.caption")}
          value={how}
          onChange={setHow}
          data={[
            { value: "chips", label: t("picture.asTags") },
            { value: "text", label: t("picture.asText") },
          ]}
        />
      </Group>
      {how === "chips" ? (
        <TagChips
          tags={tags}
          trigger={trigger}
          suggestions={suggestions}
          onChange={(next) => onChange(next.join(", "), next)}
        />
      ) : (
        <TextCaption key={caption} caption={caption} onChange={(text) => onChange(text, splitTags(text))} />
      )}
    </Stack>
  );
}

/** Kept when it is left, by whatever way: also by Esc, or by going back. */
function TextCaption({ caption, onChange }: { caption: string; onChange: (caption: string) => void }) {
  const { t } = useSpeech();
  const [text, setText] = useState(caption);
  const kept = useRef(caption);
  const keep = useRef(() => {});
  keep.current = () => {
    if (text === kept.current) return;
    kept.current = text;
    onChange(text);
  };
  useEffect(() => () => keep.current(), []);
  return (
    <Textarea
      aria-label={t("picture.caption")}
      autosize
      minRows={4}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => keep.current()}
    />
  );
}
