import { Button, Menu } from "@mantine/core";
import { IconArrowMerge, IconArrowsExchange, IconFileMinus, IconMinimize, IconTool } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useSpeech } from "@/i18n";
import { ConvertDialog } from "./ConvertDialog";
import { ExtractDialog } from "./ExtractDialog";
import { MergeDialog } from "./MergeDialog";
import { ResizeDialog } from "./ResizeDialog";

const TOOLS = [
  { id: "merge", Icon: IconArrowMerge, Dialog: MergeDialog },
  { id: "resize", Icon: IconMinimize, Dialog: ResizeDialog },
  { id: "convert", Icon: IconArrowsExchange, Dialog: ConvertDialog },
  { id: "extract", Icon: IconFileMinus, Dialog: ExtractDialog },
] as const;

/** What makes new LoRA files of those that are there. */
export function ToolMenu(): ReactNode {
  const { t } = useSpeech();
  const [open, setOpen] = useState<(typeof TOOLS)[number] | null>(null);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconTool size={16} />}>
            {t("tool.menu")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {TOOLS.map((tool) => (
            <Menu.Item key={tool.id} leftSection={<tool.Icon size={16} />} onClick={() => setOpen(tool)}>
              {t(`tool.${tool.id}.do`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {open && <open.Dialog onClose={() => setOpen(null)} />}
    </>
  );
}
