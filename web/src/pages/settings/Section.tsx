import { Card, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  hint?: string;
  children: ReactNode;
}

/** One thing that can be set. */
export function Section({ title, hint, children }: Props) {
  return (
    <Card withBorder padding="md" component="section">
      <Title order={2} size="h5">
        {title}
      </Title>
      {hint && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
      <Stack gap="sm" mt="sm">
        {children}
      </Stack>
    </Card>
  );
}
