import { Code } from "@mantine/core";
import { Fragment } from "react";

/** A sentence in which what stands between backticks is code. */
export function Marked({ children }: { children: string }) {
  return children.split("`").map((part, index) =>
    index % 2 ? (
      <Code key={index} fz="inherit">
        {part}
      </Code>
    ) : (
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
