import { Badge, Button, Group, Kbd, NativeSelect, Stack, Switch, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconFileImport, IconSearch } from "@tabler/icons-react";
import { useCallback, useMemo, useRef } from "react";
import { useSpeech } from "@/i18n";
import { useTyping } from "@/parts/typing";
import { RecipeSection, type Misfit } from "./fields/RecipeSection";
import classes from "./Professional.module.css";
import type { Line, Table } from "./recipe";
import { firstPlace, sift } from "./search";
import type { Form } from "./useForm";

interface Props {
  form: Form;
  misfit: Misfit | null;
  query: string;
  onlyChanged: boolean;
  onLook: (look: { find?: string; changed?: boolean }) => void;
  onImport: () => void;
  /** As planned; undefined while nothing is. */
  steps: number | undefined;
}

/** Every setting of a recipe in the order that data flows, made from the schema: none is named here. */
export function Professional({ form, misfit, query, onlyChanged, onLook, onImport, steps }: Props) {
  const { t, say } = useSpeech();
  const search = useRef<HTMLInputElement>(null);
  const field = useTyping(query, (find) => onLook({ find }));
  useHotkeys([["/", () => search.current?.focus()]]);
  const { set, reset, setBase } = form;
  const change = useCallback(
    ({ setting, slot }: Line, value: unknown) =>
      setting.schema.format === "base" ? setBase(String(value)) : set(slot, value),
    [set, setBase],
  );
  const found = useMemo(() => sift(form.tables, query, onlyChanged), [form.tables, query, onlyChanged]);
  return (
    <Stack gap="md">
      <Group className={classes.bar}>
        <TextInput
          ref={search}
          type="search"
          style={{ flex: "1 1 200px" }}
          aria-label={t("setting.search")}
          placeholder={t("setting.search")}
          leftSection={<IconSearch size={16} />}
          rightSection={<Kbd size="xs">/</Kbd>}
          value={field.value}
          onChange={field.onChange}
          onBlur={field.onBlur}
          onKeyDown={(event) => {
            const first = firstPlace(found);
            if (event.key === "Escape") field.clear();
            else if ((event.key === "Enter" || event.key === "ArrowDown") && !event.nativeEvent.isComposing && first) {
              event.preventDefault();
              reveal(first);
            }
          }}
        />
        <Switch
          label={t("setting.onlyChanged")}
          checked={onlyChanged}
          onChange={(event) => onLook({ changed: event.currentTarget.checked })}
        />
        <Button variant="default" size="sm" leftSection={<IconFileImport size={16} />} onClick={onImport}>
          {t("kohya.open")}
        </Button>
        <Button hiddenFrom="md" variant="light" size="sm" onClick={() => reveal("plan")}>
          {steps === undefined ? t("train.plan") : t("train.stepsOf", { count: steps })} ↓
        </Button>
        <NativeSelect
          className={classes.jump}
          aria-label={t("setting.sections")}
          data={[
            { value: "", label: t("setting.sections") },
            ...found.map(({ section }) => ({ value: `section-${section.key}`, label: say(section.title) })),
          ]}
          value=""
          onChange={(event) => reveal(event.currentTarget.value)}
        />
      </Group>
      <div className={classes.columns}>
        <Index tables={found} />
        <Stack gap="md" style={{ minWidth: 0 }}>
          {found.map((table) => (
            <RecipeSection
              key={table.section.key}
              table={table}
              query={query}
              misfit={misfit}
              onChange={change}
              onKind={set}
              onReset={reset}
            />
          ))}
          {found.length === 0 && <Text c="dimmed">{t(query ? "setting.nothing" : "setting.unchanged")}</Text>}
        </Stack>
      </div>
    </Stack>
  );
}

function Index({ tables }: { tables: Table[] }) {
  const { t, say } = useSpeech();
  return (
    <nav aria-label={t("setting.sections")} className={classes.index}>
      {tables.map(({ section, kind, wasKind, lines }) => {
        const changed = lines.filter((line) => line.changed).length + (kind === wasKind ? 0 : 1);
        return (
          <UnstyledButton key={section.key} className={classes.place} onClick={() => reveal(`section-${section.key}`)}>
            <span>{say(section.title)}</span>
            {changed > 0 && (
              <Badge size="sm" circle={changed < 10} variant="light">
                {changed}
              </Badge>
            )}
          </UnstyledButton>
        );
      })}
    </nav>
  );
}

/** Bring a section or a setting into view, and the keyboard to it. */
export function reveal(id: string) {
  const found = document.getElementById(id);
  const control = found?.matches("input, select, textarea, button");
  found?.scrollIntoView({ block: control ? "center" : "start" });
  const target = found?.tagName === "SECTION" ? found.querySelector<HTMLElement>("h2") : found;
  target?.focus({ preventScroll: true });
}
