import { Button, Group, NumberInput, Popover, SegmentedControl, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlayerSkipForward } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useJobActions } from "@/api/jobs";
import { useSpeech } from "@/i18n";

type Unit = "epochs" | "steps";

/** Let a training go on for longer than it was planned. */
export function Extend({ run }: { run: Schemas["RunDetail"] }) {
  const { t } = useSpeech();
  const [opened, { toggle, close }] = useDisclosure();
  const [count, setCount] = useState<string | number>(2);
  const [unit, setUnit] = useState<Unit>("epochs");
  const { extend } = useJobActions();
  const valid = typeof count === "number" && count >= 1;
  return (
    <Popover opened={opened} onClose={close} trapFocus position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button size="sm" variant="default" leftSection={<IconPlayerSkipForward size={16} />} onClick={toggle}>
          {t("run.extend")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw={300}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (valid) extend.mutate({ id: run.job.id, by: `${count} ${unit}` }, { onSuccess: close });
          }}
        >
          <Stack gap="sm">
            <Text size="sm">{t("run.extendHelp")}</Text>
            <Group gap="xs" wrap="nowrap">
              <NumberInput
                aria-label={t("run.extendBy")}
                value={count}
                onChange={setCount}
                min={1}
                max={unit === "epochs" ? 1000 : 1_000_000}
                allowDecimal={false}
                w={90}
                data-autofocus
              />
              <SegmentedControl
                value={unit}
                onChange={(value) => setUnit(value as Unit)}
                data={[
                  { value: "epochs", label: t("run.epochs") },
                  { value: "steps", label: t("run.steps") },
                ]}
              />
            </Group>
            <Button type="submit" disabled={!valid} loading={extend.isPending}>
              {t("run.extend")}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
