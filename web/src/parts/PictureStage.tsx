import { Text } from "@mantine/core";
import { useRef, type PointerEvent, type WheelEvent } from "react";
import { useSpeech } from "@/i18n";
import classes from "./PictureStage.module.css";
import { type View, zoomed } from "./views";

interface Props {
  src: string | null;
  /** What it is called in its corner. */
  label: string;
  alt: string;
  /** Another picture, shown to the left of the split. */
  beside: { src: string | null; label: string } | null;
  /** Where the two part, in percent of the width. */
  split: number;
  view: View;
  onView: (change: (view: View) => View) => void;
}

/** A picture that is zoomed by the wheel and moved by dragging; and a second one, moved with it, up to the split. */
export function PictureStage({ src, label, alt, beside, split, view, onView }: Props) {
  const grip = useRef<{ x: number; y: number } | null>(null);
  const onWheel = (event: WheelEvent<HTMLDivElement>) => {
    const frame = event.currentTarget.getBoundingClientRect();
    const spot = { x: event.clientX - frame.left - frame.width / 2, y: event.clientY - frame.top - frame.height / 2 };
    onView((now) => zoomed(now, event.deltaY < 0 ? 1.2 : 1 / 1.2, spot));
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!grip.current) return;
    const { x, y } = grip.current;
    grip.current = { x: event.clientX, y: event.clientY };
    onView((now) => ({ ...now, x: now.x + event.clientX - x, y: now.y + event.clientY - y }));
  };
  return (
    <div
      className={classes.stage}
      onWheel={onWheel}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        grip.current = { x: event.clientX, y: event.clientY };
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => (grip.current = null)}
    >
      <Layer src={src} alt={alt} view={view} />
      {beside && (
        <>
          <Layer src={beside.src} alt={beside.label} view={view} until={split} />
          <div className={classes.divider} style={{ left: `${split}%` }} />
          <span className={classes.label} style={{ left: 8 }}>
            {beside.label}
          </span>
          <span className={classes.label} style={{ right: 8 }}>
            {label}
          </span>
        </>
      )}
    </div>
  );
}

function Layer({ src, alt, view, until }: { src: string | null; alt: string; view: View; until?: number }) {
  const { t } = useSpeech();
  const cut = until === undefined ? undefined : `inset(0 ${100 - until}% 0 0)`;
  return (
    <div
      className={classes.layer}
      style={{ clipPath: cut, background: until === undefined ? undefined : "var(--mantine-color-body)" }}
    >
      {src ? (
        <img
          className={classes.picture}
          src={src}
          alt={alt}
          draggable={false}
          style={{
            transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
            imageRendering: view.scale > 3 ? "pixelated" : undefined,
          }}
        />
      ) : (
        <Text c="dimmed">{t("preview.none")}</Text>
      )}
    </div>
  );
}
