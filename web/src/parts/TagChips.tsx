import { ActionIcon, Badge, Group, Stack, Tooltip } from "@mantine/core";
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
import { useSpeech } from "@/i18n";
import { TagInput } from "./TagInput";
import { type Suggestion, mergeTags } from "./tags";

interface Props {
  tags: string[];
  /** The trigger word is shown in the main colour. */
  trigger?: string | null;
  suggestions: Suggestion[];
  onChange: (tags: string[]) => void;
}

/** The tags of a caption: added, deleted, dragged into another order. */
export function TagChips({ tags, trigger, suggestions, onChange }: Props) {
  const { language } = useSpeech();
  const meanings = new Map(language === "zh" ? suggestions.map((one) => [one.tag, one.zh]) : []);
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
                meaning={meanings.get(tag) ?? ""}
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

interface ChipProps {
  tag: string;
  main: boolean;
  meaning: string;
  onDelete: () => void;
}

function Chip({ tag, main, meaning, onDelete }: ChipProps) {
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
          size={24}
          variant="transparent"
          color={main ? "white" : "gray"}
          aria-label={t("tag.delete", { tag })}
          onClick={onDelete}
        >
          <IconX size={14} />
        </ActionIcon>
      }
    >
      <Tooltip label={meaning} disabled={!meaning} openDelay={200}>
        <span {...attributes} {...listeners} style={{ cursor: "grab" }}>
          {tag}
        </span>
      </Tooltip>
    </Badge>
  );
}
