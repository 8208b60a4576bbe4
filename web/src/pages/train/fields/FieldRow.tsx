import { ActionIcon, Anchor, Group, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowBackUp } from "@tabler/icons-react";
import { memo } from "react";
import { useSpeech } from "@/i18n";
import { Marked } from "@/parts/Marked";
import { boundsOf, fittingOf, shown } from "../control";
import { type Line, same } from "../recipe";
import { firstSentence } from "../search";
import { Control } from "./Control";
import classes from "./FieldRow.module.css";

interface Props {
  line: Line;
  error: string | null;
  onChange: (line: Line, value: unknown) => void;
  onReset: (slot: string) => void;
}

const MOST_NAMES = 2;

/** A setting: its name, its key, help, and control; what it was, if it was changed. */
export const FieldRow = memo(function FieldRow({ line, error, onChange, onReset }: Props) {
  const { t, say } = useSpeech();
  const [open, { toggle }] = useDisclosure();
  const { setting, slot, value, was, changed } = line;
  const id = `setting-${setting.key}`;
  const [first, rest] = firstSentence(say(setting.help));
  const before = shown(was) ?? t("setting.empty");
  const { control } = fittingOf(setting.schema);
  return (
    <div className={classes.row} data-changed={changed || undefined} data-wide={WIDE.has(control.type) || undefined}>
      <div className={classes.about}>
        <Group gap="0 6px" mih={22}>
          <Text component="label" htmlFor={id} id={`${id}-label`} size="sm" fw={600}>
            {say(setting.label)}
          </Text>
          <Text span size="xs" c="dimmed" className={classes.name}>
            {setting.title}
          </Text>
          {changed && (
            <Tooltip label={t("setting.reset", { value: before })}>
              <ActionIcon
                size="sm"
                variant="subtle"
                aria-label={t("setting.resetOne", { name: say(setting.label), value: before })}
                onClick={() => onReset(slot)}
              >
                <IconArrowBackUp size={15} />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
        <Text size="sm" c="dimmed" id={`${id}-help`}>
          <Marked>{first}</Marked>
          {rest && (
            <>
              {open && (
                <>
                  {" "}
                  <Marked>{rest}</Marked>
                </>
              )}{" "}
              <Anchor component="button" type="button" size="sm" aria-expanded={open} onClick={toggle}>
                {t(open ? "setting.less" : "setting.more")}
              </Anchor>
            </>
          )}
        </Text>
      </div>
      <div className={classes.control}>
        <Control
          id={id}
          setting={setting}
          value={value}
          invalid={error !== null}
          onChange={(next) => onChange(line, next)}
        />
        <Text size="xs" c="dimmed" mt={4}>
          {[
            changed ? t("setting.was", { value: before }) : null,
            t("setting.default", { value: shown(setting.default) ?? t("setting.empty") }),
            boundsOf(setting.schema),
            setting.elsewhere.length > 0 ? `kohya: ${setting.elsewhere.slice(0, MOST_NAMES).join(", ")}` : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </Text>
      </div>
      {error && (
        <Text size="sm" c="var(--mantine-color-error)" className={classes.error} role="alert">
          {error}
        </Text>
      )}
    </div>
  );
}, unchanged);

const WIDE = new Set(["list", "table"]);

function unchanged(a: Props, b: Props): boolean {
  return (
    a.line.setting === b.line.setting &&
    same([a.line.value, a.line.was, a.line.slot], [b.line.value, b.line.was, b.line.slot]) &&
    a.error === b.error &&
    a.onChange === b.onChange &&
    a.onReset === b.onReset
  );
}
