import { Group, Text, UnstyledButton } from "@mantine/core";
import type { Icon as IconType } from "@tabler/icons-react";
import classes from "./ChoiceCard.module.css";

interface Props {
  checked: boolean;
  title: string;
  hint: string;
  disabled?: boolean;
  Icon?: IconType;
  onChoose: () => void;
}

/** One of several choices, as a card. */
export function ChoiceCard({ checked, title, hint, disabled, Icon, onChoose }: Props) {
  return (
    <UnstyledButton role="radio" aria-checked={checked} disabled={disabled} className={classes.card} onClick={onChoose}>
      <Group gap={6} wrap="nowrap">
        {Icon && <Icon size={18} stroke={1.8} style={{ flexShrink: 0 }} />}
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>
          {title}
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
    </UnstyledButton>
  );
}
