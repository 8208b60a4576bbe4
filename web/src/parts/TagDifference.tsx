import { Group, Mark, Text } from "@mantine/core";
import { splitTags } from "./tags";

/** What becomes of one caption: tags that go are struck, tags that come are marked. */
export function TagDifference({ name, before, after }: { name?: string; before: string; after: string }) {
  const old = splitTags(before);
  const fresh = splitTags(after);
  const gone = old.filter((tag) => !fresh.includes(tag));
  return (
    <Group gap="xs" wrap="nowrap" align="start">
      {name && (
        <Text size="xs" c="dimmed" w={110} truncate style={{ flexShrink: 0 }} title={name}>
          {name}
        </Text>
      )}
      <Text size="xs" style={{ overflowWrap: "anywhere" }}>
        {gone.map((tag) => (
          <span key={tag}>
            <Text span td="line-through" c="red" inherit>
              {tag}
            </Text>{" "}
          </span>
        ))}
        {fresh.map((tag, index) => (
          <span key={tag}>
            {index > 0 && ", "}
            {old.includes(tag) ? tag : <Mark color="teal">{tag}</Mark>}
          </span>
        ))}
      </Text>
    </Group>
  );
}
