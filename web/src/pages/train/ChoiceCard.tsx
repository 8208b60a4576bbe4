import { Text, UnstyledButton } from "@mantine/core";
import classes from "./ChoiceCard.module.css";

interface Props {
  checked: boolean;
  title: string;
  hint: string;
  onChoose: () => void;
}

/** One of several choices, as a card. */
export function ChoiceCard({ checked, title, hint, onChoose }: Props) {
  return (
    <UnstyledButton role="radio" aria-checked={checked} className={classes.card} onClick={onChoose}>
      <Text fw={600}>{title}</Text>
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
    </UnstyledButton>
  );
}
