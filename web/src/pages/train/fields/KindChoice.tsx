import { Combobox, Group, InputBase, Text, useCombobox } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useSpeech } from "@/i18n";
import type { Section } from "../recipe";
import { firstSentence } from "../search";

interface Props {
  section: Section;
  kind: string | null;
  label: string;
  invalid: boolean;
  onChange: (kind: string) => void;
}

/** The choice of a kind, each with what it is in a sentence. */
export function KindChoice({ section, kind, label, invalid, onChange }: Props) {
  const { say } = useSpeech();
  const combobox = useCombobox({
    onDropdownClose: () => combobox.resetSelectedOption(),
    onDropdownOpen: () => combobox.updateSelectedOptionIndex("active"),
  });
  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(chosen) => {
        onChange(chosen);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target targetType="button">
        <InputBase
          component="button"
          type="button"
          pointer
          id={`setting-${section.key}.kind`}
          aria-label={`${label}: ${kind ?? ""}`}
          error={invalid}
          rightSection={<Combobox.Chevron />}
          rightSectionPointerEvents="none"
          onClick={() => combobox.toggleDropdown()}
        >
          {kind}
        </InputBase>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options mah={360} style={{ overflowY: "auto" }} aria-label={label}>
          {section.kinds.map((one) => (
            <Combobox.Option key={one.kind} value={one.kind} active={one.kind === kind}>
              <Group gap="xs" wrap="nowrap" align="start">
                <IconCheck size={16} style={{ visibility: one.kind === kind ? "visible" : "hidden", flexShrink: 0 }} />
                <div>
                  <Text size="sm" fw={600} ff="monospace">
                    {one.kind}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {firstSentence(say(one.help))[0]}
                  </Text>
                </div>
              </Group>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
