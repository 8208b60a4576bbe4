import { ActionIcon, type ActionIconProps, Menu } from "@mantine/core";
import { IconDotsVertical } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useSpeech } from "@/i18n";

type Look = Pick<ActionIconProps, "variant" | "color" | "size">;

/** What is done more seldom, behind three dots; `of` says of what, where a page has several. */
export function MoreMenu({ of, children, ...look }: Look & { of?: string; children: ReactNode }) {
  const { t } = useSpeech();
  const label = of === undefined ? t("common.more") : `${t("common.more")}: ${of}`;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" {...look} aria-label={label}>
          <IconDotsVertical size="55%" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
