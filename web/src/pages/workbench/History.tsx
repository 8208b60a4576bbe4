import { Button, Group, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { IconPhoto } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { moment } from "@/parts/format";
import classes from "./History.module.css";

interface Props {
  list: Schemas["DrawingList"];
  current: string | undefined;
  onMore: () => void;
}

/** What was drawn before, the newest first. */
export function History({ list, current, onMore }: Props) {
  const { t, language } = useSpeech();
  if (list.drawings.length === 0) return null;
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">
        {t("workbench.history")}
      </Title>
      <Group gap={4} align="start">
        {list.drawings.map((one) => (
          <UnstyledButton
            key={one.id}
            className={classes.tile}
            aria-current={one.id === current || undefined}
            title={one.prompt}
            renderRoot={(props) => <Link to="/workbench" search={{ drawing: one.id }} {...props} />}
          >
            <span className={classes.cover}>
              {one.cover ? <img src={one.cover} alt="" loading="lazy" /> : <IconPhoto size={28} stroke={1.4} />}
            </span>
            <Text size="xs" truncate>
              {one.prompt || t("workbench.noPrompt")}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {moment(one.created_at, language)}
            </Text>
          </UnstyledButton>
        ))}
      </Group>
      {list.more && (
        <Button variant="default" size="xs" style={{ alignSelf: "start" }} onClick={onMore}>
          {t("workbench.older")}
        </Button>
      )}
    </Stack>
  );
}
