import {
  Alert,
  Anchor,
  Badge,
  Button,
  Card,
  Center,
  Group,
  Loader,
  Progress,
  Select,
  Stack,
  Text,
} from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { fixHealth, useChange, useHealth, useHealthProgress, usePictures } from "@/api/datasets";
import { useBases } from "@/api/recipes";
import { useKeptDraft } from "@/pages/train/draft";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { capital, number } from "@/parts/format";

const route = getRouteApi("/datasets/$id");
const COLOURS = { problem: "red", warning: "orange", note: "blue" } as const;
const SHOWN = 24;
/** What a person does about a finding, in a dialog of this page. */
const ACTIONS: Record<string, "tag" | "crop"> = { caption_missing: "tag", caption_empty: "tag", aspect: "crop" };

type Finding = Schemas["FindingShape"];

/** What is wrong with the pictures and captions, check by check, with what would mend it. */
export function HealthTab({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t, say } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  // The base that is to be trained: where none was chosen, the first, which "Train" would take too.
  const [draft, setDraft] = useKeptDraft(dataset.id, "", "");
  const base = bases.find((one) => one.id === draft.base)?.id ?? null;
  const health = useHealth(dataset.id, base);
  const change = useChange(dataset.id);
  if (!health.data) return health.error ? <Waiting query={health} /> : <Looking id={dataset.id} />;
  const safe = health.data.findings.filter((one) => one.safe).length;
  const fix = (checks: string[], pictures: string[] = []) =>
    change.mutate({ call: (version) => fixHealth(dataset.id, version, { base, checks, pictures }) });
  return (
    <Stack>
      <Group justify="space-between">
        <Text fw={600}>{say(health.data.summary)}</Text>
        {bases.length > 1 && (
          <Select
            label={t("health.base")}
            allowDeselect={false}
            data={bases.map((one) => ({ value: one.id, label: one.name }))}
            value={base ?? bases[0]?.id ?? null}
            onChange={(chosen) => setDraft((old) => ({ ...old, base: chosen }))}
          />
        )}
        {safe > 0 && (
          <Button disabled={dataset.busy} loading={change.isPending} onClick={() => fix([])}>
            {t("health.fixSafe", { count: safe })}
          </Button>
        )}
      </Group>
      {health.data.findings.length === 0 && (
        <Alert color="teal" icon={<IconCheck />}>
          {t("health.good")}
        </Alert>
      )}
      {health.data.checks.map((check) => (
        <Check
          key={check.check}
          title={capital(say(check.title))}
          findings={health.data.findings.filter((one) => one.check === check.check)}
          dataset={dataset}
          onFix={(pictures) => fix([check.check], pictures)}
        />
      ))}
    </Stack>
  );
}

/** The first look at many pictures takes its time: each is read, measured and compared with the others. */
function Looking({ id }: { id: string }) {
  const { t, language } = useSpeech();
  const progress = useHealthProgress(id).data;
  if (!progress) return <Center h={200} component={Loader} />;
  const { done, total } = progress;
  return (
    <Stack gap={6} maw={480} mx="auto" py={64}>
      <Text size="sm">{t("health.looking", { done: number(done, language), total: number(total, language) })}</Text>
      <Progress value={(done / total) * 100} animated size="lg" aria-label={t("dataset.tabHealth")} />
    </Stack>
  );
}

interface CheckProps {
  title: string;
  findings: Finding[];
  dataset: Schemas["DatasetDetail"];
  onFix: (pictures: string[]) => void;
}

function Check({ title, findings, dataset, onFix }: CheckProps) {
  const { t, say } = useSpeech();
  const fix = findings.find((one) => one.fix)?.fix;
  const fixes = new Set(findings.flatMap((one) => one.fix?.en ?? []));
  const mendable = findings.filter((one) => one.fix).length;
  const worst = findings[0]?.severity ?? "note";
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" mb="xs">
        <Group gap="xs">
          <Badge color={COLOURS[worst]} variant="light" tt="none">
            {t(`health.${worst}`)}
          </Badge>
          <Text fw={600}>{title}</Text>
          <Text c="dimmed" size="sm">
            {findings.length}
          </Text>
        </Group>
        {mendable > 1 && (
          <Button size="xs" variant="light" disabled={dataset.busy} onClick={() => onFix([])}>
            {fixes.size === 1 && fix ? `${capital(say(fix))} (${mendable})` : t("health.fixAll", { count: mendable })}
          </Button>
        )}
      </Group>
      <Stack gap="xs">
        {findings.slice(0, SHOWN).map((one, index) => (
          <Line key={index} finding={one} dataset={dataset} onFix={onFix} />
        ))}
        {findings.length > SHOWN && (
          <Text size="sm" c="dimmed">
            {t("batch.andMore", { count: findings.length - SHOWN })}
          </Text>
        )}
      </Stack>
    </Card>
  );
}

interface LineProps {
  finding: Finding;
  dataset: Schemas["DatasetDetail"];
  onFix: (pictures: string[]) => void;
}

function Line({ finding, dataset, onFix }: LineProps) {
  const { t, say } = useSpeech();
  const navigate = route.useNavigate();
  const action = ACTIONS[finding.check];
  const pictures = usePictures(dataset.id);
  const named = [finding.picture, finding.other].filter((name) => name !== null);
  const shown = named.flatMap((name) => pictures.data?.find((one) => one.name === name) ?? []);
  const side = shown.length > 1 ? 96 : 48;
  return (
    <Group gap="sm" justify="space-between">
      <Group gap="sm" style={{ minWidth: 0, flex: "1 1 260px" }}>
        {shown.map((picture) => (
          <img
            key={picture.name}
            src={picture.thumbnail}
            alt={shown.length > 1 ? picture.name : ""}
            width={side}
            height={side}
            loading="lazy"
            style={{ objectFit: "cover", borderRadius: 6 }}
          />
        ))}
        <div style={{ minWidth: 0, flex: "1 1 200px" }}>
          <Group gap="xs">
            {named.map((name) => (
              <Anchor
                key={name}
                component="button"
                size="sm"
                truncate
                onClick={() => void navigate({ search: { picture: name } })}
              >
                {name}
              </Anchor>
            ))}
          </Group>
          <Text size="sm">{say(finding.text)}</Text>
        </div>
      </Group>
      {action && (
        <Button
          size="xs"
          variant="default"
          disabled={dataset.busy}
          style={{ flexShrink: 0 }}
          onClick={() => void navigate({ search: { do: action } })}
        >
          {t(`batch.${action}`)}
        </Button>
      )}
      {finding.fix && finding.picture && (
        <Button
          size="xs"
          variant="default"
          disabled={dataset.busy}
          style={{ flexShrink: 0 }}
          onClick={() => onFix([finding.picture ?? ""])}
        >
          {capital(say(finding.fix))}
        </Button>
      )}
    </Group>
  );
}
