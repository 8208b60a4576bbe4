import { Box } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";

const GAP = 8;

interface Props<T> {
  items: T[];
  keyOf: (item: T) => string;
  /** The least width of a tile in pixels. */
  tile?: number;
  /** Height that a tile has beyond its width. */
  extra?: number;
  children: (item: T, index: number) => ReactNode;
}

/** Square tiles in as many columns as fit; only the rows near the window are drawn, so thousands scroll smoothly. */
export function PictureGrid<T>({ items, keyOf, tile = 150, extra = 0, children }: Props<T>) {
  const { ref: sized, width } = useElementSize<HTMLDivElement>();
  const frame = useRef<HTMLDivElement>(null);
  const ref = useMergedRef(sized, frame);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (frame.current) setTop(frame.current.getBoundingClientRect().top + window.scrollY);
  });
  const columns = Math.max(2, Math.floor((width + GAP) / (tile + GAP)));
  const side = (width - GAP * (columns - 1)) / columns;
  const rows = useWindowVirtualizer({
    count: Math.ceil(items.length / columns),
    estimateSize: () => side + extra + GAP,
    overscan: 3,
    scrollMargin: top,
  });
  useLayoutEffect(() => rows.measure(), [rows, side]);
  return (
    <Box ref={ref} pos="relative" h={rows.getTotalSize()}>
      {width > 0 &&
        rows.getVirtualItems().map((row) => (
          <Box
            key={row.key}
            pos="absolute"
            top={0}
            left={0}
            w="100%"
            style={{
              transform: `translateY(${row.start - top}px)`,
              display: "grid",
              gridTemplateColumns: `repeat(${columns}, 1fr)`,
              gap: GAP,
            }}
          >
            {items.slice(row.index * columns, (row.index + 1) * columns).map((item, column) => (
              <Box key={keyOf(item)} h={side + extra}>
                {children(item, row.index * columns + column)}
              </Box>
            ))}
          </Box>
        ))}
    </Box>
  );
}
