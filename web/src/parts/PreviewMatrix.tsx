import { Box, ScrollArea, Skeleton, Table, Text, UnstyledButton } from "@mantine/core";
import { useSpeech } from "@/i18n";
import { PreviewViewer } from "./PreviewViewer";
import type { Place } from "./views";

export interface Look {
  place: Place | null;
  beside: string | undefined;
}

interface Props extends Look {
  rows: { key: string; label: string; pictures: (string | null)[] }[];
  columns: string[];
  label: string;
  /** Whether a picture may be compared with another column's, too. */
  across?: boolean;
  /** Whether there is room for large pictures. */
  large?: boolean;
  onLook: (look: Look) => void;
}

/** Previews as a matrix: an epoch a row, a prompt (or a training) a column. A click shows one large. */
export function PreviewMatrix({ rows, columns, label, across, large = false, place, beside, onLook }: Props) {
  return (
    <>
      <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: "group", "aria-label": label }}>
        <Table withRowBorders={false} verticalSpacing={4} horizontalSpacing={4} w="auto">
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {columns.map((name, column) => (
                <Table.Th
                  key={column}
                  maw={large ? { base: 128, sm: 192, lg: 256 } : { base: 96, sm: 160 }}
                  fw={400}
                  title={name}
                >
                  <Text size="xs" c="dimmed" lineClamp={2}>
                    {name}
                  </Text>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row, index) => (
              <Table.Tr key={row.key}>
                <Table.Th fw={500} maw={110}>
                  {row.label}
                </Table.Th>
                {columns.map((name, column) => (
                  <Table.Td key={column}>
                    <Thumbnail
                      large={large}
                      src={row.pictures[column] ?? null}
                      label={`${row.label}: ${name}`}
                      onClick={() => onLook({ place: { row: index, column }, beside })}
                    />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {place && rows[place.row] && (
        <PreviewViewer
          rows={rows}
          columns={columns}
          across={across ?? false}
          place={place}
          beside={beside}
          onLook={onLook}
        />
      )}
    </>
  );
}

interface ThumbnailProps {
  src: string | null;
  label: string;
  large: boolean;
  onClick: () => void;
}

function Thumbnail({ src, label, large, onClick }: ThumbnailProps) {
  const { t } = useSpeech();
  const side = large ? { base: 128, sm: 192, lg: 256 } : { base: 96, sm: 128 };
  if (!src) return <Skeleton w={side} h={side} radius="sm" animate={false} role="img" aria-label={t("preview.none")} />;
  return (
    <UnstyledButton onClick={onClick} aria-label={label}>
      <Box
        component="img"
        src={src}
        alt=""
        loading="lazy"
        w={side}
        h={side}
        display="block"
        style={{ objectFit: "cover", borderRadius: 6 }}
      />
    </UnstyledButton>
  );
}
