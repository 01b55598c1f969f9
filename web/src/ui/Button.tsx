import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import { Link } from "react-router";

type Kind = "primary" | "danger" | "plain";

interface Look {
  kind?: Kind;
  size?: "big";
  wide?: boolean;
}

function classes({ kind, size, wide }: Look): string {
  return ["button", kind, size, wide && "wide"].filter(Boolean).join(" ");
}

export function Button({ kind, size, wide, ...props }: Look & Omit<AriaButtonProps, "className">) {
  return <AriaButton {...props} className={classes({ kind, size, wide })} />;
}

/** Goes to another screen; what does something is a `Button`. */
export function ButtonLink({ kind, size, wide, to, children }: Look & { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={classes({ kind, size, wide })}>
      {children}
    </Link>
  );
}
