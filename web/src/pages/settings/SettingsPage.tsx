import { SegmentedControl, SimpleGrid, Stack, Text, Title, useMantineColorScheme } from "@mantine/core";
import { useSpeech } from "@/i18n";
import { CleanUp } from "./CleanUp";
import { DeviceCard } from "./DeviceCard";
import { Folders } from "./Folders";
import { Notifying } from "./Notifying";
import { Section } from "./Section";
import { Storage } from "./Storage";

/** Where things are looked for, how the page looks, what the machine has, and what lies on its disk. */
export function SettingsPage() {
  const { t } = useSpeech();
  return (
    <Stack gap="lg" maw={960} mx="auto">
      <Title order={1} size="h2">
        {t("settings.title")}
      </Title>
      <Folders kind="base" />
      <Folders kind="tagger" />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <Stack gap="lg">
          <Looks />
          <Notifying />
        </Stack>
        <DeviceCard />
      </SimpleGrid>
      <Storage />
      <CleanUp />
    </Stack>
  );
}

function Looks() {
  const { t, language, setLanguage } = useSpeech();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title={t("settings.looks")} hint={t("settings.here")}>
      <div>
        <Text size="sm" fw={500} mb={4} id="settings-language">
          {t("settings.language")}
        </Text>
        <SegmentedControl
          aria-labelledby="settings-language"
          fullWidth
          value={language}
          onChange={(value) => setLanguage(value)}
          data={[
            { value: "zh" as const, label: "中文" },
            { value: "en" as const, label: "English" },
          ]}
        />
      </div>
      <div>
        <Text size="sm" fw={500} mb={4} id="settings-scheme">
          {t("settings.scheme")}
        </Text>
        <SegmentedControl
          aria-labelledby="settings-scheme"
          fullWidth
          value={colorScheme}
          onChange={(value) => setColorScheme(value)}
          data={(["auto", "light", "dark"] as const).map((value) => ({ value, label: t(`settings.scheme.${value}`) }))}
        />
      </div>
    </Section>
  );
}
