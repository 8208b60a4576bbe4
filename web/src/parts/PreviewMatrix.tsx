import { Box, ScrollArea, Skeleton, Table, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useSpeech } from "@/i18n";
import { PreviewViewer } from "./PreviewViewer";
import type { Place } from "./views";

interface Props {
  rows: { key: string; label: string; pictures: (string | null)[] }[];
  prompts: string[];
}

/** Previews as a matrix: an epoch a row, a prompt a column. A click shows one large. */
export function PreviewMatrix({ rows, prompts }: Props) {
  const { t } = useSpeech();
  const [open, setOpen] = useState<Place | null>(null);
  return (
    <>
      <ScrollArea type="auto" tabIndex={0} aria-label={t("run.previews")}>
        <Table withRowBorders={false} verticalSpacing={4} horizontalSpacing={4} w="auto">
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {prompts.map((prompt, column) => (
                <Table.Th key={column} maw={160} fw={400} title={prompt}>
                  <Text size="xs" c="dimmed" lineClamp={2}>
                    {prompt}
                  </Text>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row, index) => (
              <Table.Tr key={row.key}>
                <Table.Th fw={500} style={{ whiteSpace: "nowrap" }}>
                  {row.label}
                </Table.Th>
                {prompts.map((prompt, column) => (
                  <Table.Td key={column}>
                    <Thumbnail
                      src={row.pictures[column] ?? null}
                      label={`${row.label}: ${prompt}`}
                      onClick={() => setOpen({ row: index, column })}
                    />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {open && (
        <PreviewViewer rows={rows} prompts={prompts} place={open} onMove={setOpen} onClose={() => setOpen(null)} />
      )}
    </>
  );
}

function Thumbnail({ src, label, onClick }: { src: string | null; label: string; onClick: () => void }) {
  if (!src) return <Skeleton w={128} h={128} radius="sm" animate={false} />;
  return (
    <UnstyledButton onClick={onClick} aria-label={label}>
      <Box
        component="img"
        src={src}
        alt=""
        loading="lazy"
        w={128}
        h={128}
        display="block"
        style={{ objectFit: "cover", borderRadius: 6 }}
      />
    </UnstyledButton>
  );
}
