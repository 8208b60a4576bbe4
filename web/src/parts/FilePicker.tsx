import { FileButton, type FileButtonProps } from "@mantine/core";
import { useRef } from "react";

/** A button that opens files; the same file may be chosen again, after it was changed or removed. */
export function FilePicker<Multiple extends boolean = false>({ onChange, ...props }: FileButtonProps<Multiple>) {
  const reset = useRef<() => void>(null);
  return (
    <FileButton<Multiple>
      {...props}
      resetRef={reset}
      onChange={(chosen) => {
        onChange(chosen);
        reset.current?.();
      }}
    />
  );
}
