import { Card, Group, Switch, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { SettingsTable } from "@/parts/SettingsTable";
import { sideBySide } from "@/parts/settings";

const route = getRouteApi("/compare");

/** The settings that differ, or all. */
export function Settings({ recipes, names }: { recipes: Schemas["RunDetail"]["recipe"][]; names: string[] }) {
  const { t } = useSpeech();
  const { all = false } = route.useSearch();
  const navigate = route.useNavigate();
  const settings = sideBySide(recipes);
  const shown = settings.filter((one) => all || one.differs);
  return (
    <Card withBorder padding="md">
      <Group justify="space-between">
        <Title order={2} size="h5">
          {t("compare.settings")}
        </Title>
        <Switch
          size="sm"
          label={t("compare.all")}
          checked={all}
          onChange={(event) => {
            const checked = event.currentTarget.checked;
            void navigate({
              search: (now) => ({ ...now, all: checked || undefined }),
              replace: true,
              resetScroll: false,
            });
          }}
        />
      </Group>
      {shown.length === 0 ? (
        <Text size="sm" mt="sm" c="dimmed">
          {t("compare.same")}
        </Text>
      ) : (
        <SettingsTable settings={shown} heads={names} />
      )}
    </Card>
  );
}
