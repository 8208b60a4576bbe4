import { ActionIcon, Autocomplete, Badge, Group, Stack } from "@mantine/core";
import { DndContext, KeyboardSensor, PointerSensor, closestCenter, useSensor, useSensors } from "@dnd-kit/core";
import {
  SortableContext,
  arrayMove,
  rectSortingStrategy,
  sortableKeyboardCoordinates,
  useSortable,
} from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { IconX } from "@tabler/icons-react";
import { useState, type KeyboardEvent } from "react";
import { useSpeech } from "@/i18n";
import { mergeTags } from "./tags";

interface Props {
  tags: string[];
  /** The trigger word is shown in the main colour. */
  trigger?: string | null;
  suggestions: { tag: string; count: number }[];
  onChange: (tags: string[]) => void;
}

/** The tags of a caption: added, deleted, dragged into another order. */
export function TagChips({ tags, trigger, suggestions, onChange }: Props) {
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  return (
    <Stack gap="xs">
      <DndContext
        sensors={sensors}
        collisionDetection={closestCenter}
        onDragEnd={({ active, over }) => {
          if (over && over.id !== active.id)
            onChange(arrayMove(tags, tags.indexOf(String(active.id)), tags.indexOf(String(over.id))));
        }}
      >
        <SortableContext items={tags} strategy={rectSortingStrategy}>
          <Group gap={6}>
            {tags.map((tag) => (
              <Chip
                key={tag}
                tag={tag}
                main={tag === trigger}
                onDelete={() => onChange(tags.filter((one) => one !== tag))}
              />
            ))}
          </Group>
        </SortableContext>
      </DndContext>
      <TagInput taken={tags} suggestions={suggestions} onAdd={(text) => onChange(mergeTags(tags, text))} />
    </Stack>
  );
}

function Chip({ tag, main, onDelete }: { tag: string; main: boolean; onDelete: () => void }) {
  const { t } = useSpeech();
  const { attributes, listeners, setNodeRef, transform, transition } = useSortable({ id: tag });
  return (
    <Badge
      ref={setNodeRef}
      size="lg"
      radius="sm"
      variant={main ? "filled" : "default"}
      tt="none"
      fw={500}
      maw="100%"
      style={{ transform: CSS.Translate.toString(transform), transition, touchAction: "none" }}
      rightSection={
        <ActionIcon
          size="xs"
          variant="transparent"
          color={main ? "white" : "gray"}
          aria-label={t("tag.delete", { tag })}
          onClick={onDelete}
        >
          <IconX size={14} />
        </ActionIcon>
      }
    >
      <span {...attributes} {...listeners} style={{ cursor: "grab" }}>
        {tag}
      </span>
    </Badge>
  );
}

interface InputProps {
  taken: string[];
  suggestions: { tag: string; count: number }[];
  onAdd: (text: string) => void;
}

/** Takes tags, one or many between commas; proposes those that the dataset has. */
function TagInput({ taken, suggestions, onAdd }: InputProps) {
  const { t } = useSpeech();
  const [text, setText] = useState("");
  const counts = new Map(suggestions.map((one) => [one.tag, one.count]));
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
      data={suggestions.map((one) => one.tag).filter((tag) => !taken.includes(tag))}
      limit={12}
      renderOption={({ option }) => (
        <Group justify="space-between" w="100%">
          <span>{option.value}</span>
          <Badge size="xs" variant="light" color="gray">
            {counts.get(option.value)}
          </Badge>
        </Group>
      )}
    />
  );
}
