import { useRouter } from "@tanstack/react-router";
import type { AnchorHTMLAttributes } from "react";

/** A link to a place by its whole address, within the app. */
export function Away({ to, onClick, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const router = useRouter();
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        onClick?.(event);
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        router.history.push(to);
      }}
    />
  );
}
