import { Autocomplete, Badge, Group, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState, type KeyboardEvent } from "react";
import { useKnownTags } from "@/api/tagging";
import { useSpeech } from "@/i18n";
import { type Suggestion, suggest } from "./tags";

interface Props {
  taken: string[];
  /** Tags of the dataset. */
  suggestions: Suggestion[];
  onAdd: (text: string) => void;
}

/** Takes tags, one or many between commas; proposes those of the dataset, then those that taggers know, also by their
 * Chinese meaning. */
export function TagInput({ taken, suggestions, onAdd }: Props) {
  const { t, language } = useSpeech();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text, 150);
  const known = useKnownTags(asked).data;
  const offered = useMemo(() => suggest(text, suggestions, known ?? [], taken), [text, suggestions, known, taken]);
  const about = new Map(offered.map((one) => [one.tag, one]));
  const add = (words: string) => {
    if (words.trim()) onAdd(words);
    setText("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" || event.key === "," || event.key === "，") {
      event.preventDefault();
      add(text);
    }
  };
  return (
    <Autocomplete
      aria-label={t("tag.add")}
      placeholder={t("tag.add")}
      value={text}
      onChange={setText}
      onKeyDown={onKeyDown}
      onOptionSubmit={(tag) => {
        add(tag);
        setTimeout(() => setText(""));
      }}
      data={offered.map((one) => one.tag)}
      filter={({ options }) => options}
      renderOption={({ option }) => {
        const one = about.get(option.value);
        return (
          <Group justify="space-between" w="100%" wrap="nowrap">
            <span>
              {option.value}{" "}
              {language === "zh" && one?.zh && (
                <Text span size="xs" c="dimmed">
                  {one.zh}
                </Text>
              )}
            </span>
            {one?.count !== undefined && (
              <Badge size="xs" variant="light" color="gray">
                {one.count}
              </Badge>
            )}
          </Group>
        );
      }}
    />
  );
}
