import { Alert, Button, Card, Chip, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { setTrigger, useChange, useTriggers } from "@/api/datasets";
import { useSpeech } from "@/i18n";

/** The trigger word of each concept, and the constant tags that it takes over. */
export function TriggerCard({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const triggers = useTriggers(dataset.id);
  const concepts = triggers.data?.concepts ?? [];
  return concepts.map((one) => (
    <Concept key={`${one.concept} ${one.trigger}`} dataset={dataset} concept={one} alone={concepts.length === 1} />
  ));
}

interface Shown {
  dataset: Schemas["DatasetDetail"];
  concept: Schemas["TriggerShape"];
  /** The only concept, which is named after the dataset's folder: a name that says nothing. */
  alone: boolean;
}

function Concept({ dataset, concept, alone }: Shown) {
  const { t, say } = useSpeech();
  const change = useChange(dataset.id);
  const [word, setWord] = useState(concept.trigger ?? "");
  const [absorb, setAbsorb] = useState<string[]>([]);
  const same = word.trim() === (concept.trigger ?? "") && absorb.length === 0;
  return (
    <Card withBorder padding="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(
            {
              call: (version) =>
                setTrigger(dataset.id, version, { concept: concept.concept, word: word.trim() || null, absorb }),
            },
            { onSuccess: () => setAbsorb([]) },
          );
        }}
      >
        <Stack gap="sm">
          <Group justify="space-between">
            <Title order={2} size="h5">
              {t("dataset.trigger")}
            </Title>
            <Text size="xs" c="dimmed">
              {alone ? "" : `${concept.concept} · `}
              {t("trigger.led", { led: concept.led, count: concept.pictures })}
            </Text>
          </Group>
          <TextInput
            aria-label={t("dataset.trigger")}
            description={t("tagging.triggerHint")}
            value={word}
            onChange={(event) => setWord(event.currentTarget.value)}
          />
          {concept.conflicts.map((one) => (
            <Alert key={one.en} color="yellow" p="xs">
              {say(one)}
            </Alert>
          ))}
          {concept.traits.length > 0 && (
            <Text size="sm">
              {t("trigger.traits")} <b>{concept.traits.join(", ")}</b>
            </Text>
          )}
          {concept.offered.length > 0 && (
            <div>
              <Text size="sm" mb={6}>
                {t("trigger.offered")}
              </Text>
              <Chip.Group multiple value={absorb} onChange={setAbsorb}>
                <Group gap={6}>
                  {concept.offered.map((one) => (
                    <Chip key={one.tag} value={one.tag} size="xs">
                      {one.tag} {one.pictures}
                    </Chip>
                  ))}
                </Group>
              </Chip.Group>
            </div>
          )}
          <Button
            type="submit"
            disabled={same || !word.trim() || dataset.busy}
            loading={change.isPending}
            style={{ alignSelf: "start" }}
          >
            {t("common.apply")}
          </Button>
        </Stack>
      </form>
    </Card>
  );
}
