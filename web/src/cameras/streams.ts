import type { Schemas } from "../api/client";

type Stream = Schemas["StreamView"];

/** The host in an address that came from the hub. */
export function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}

/** A stream's address with its login in it, written so that the hub reads back exactly what was typed. */
export function withLogin(address: string, user: string, password: string): string {
  if (!user) return address;
  return address.replace("://", () => `://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);
}

export function pictureSize({ width_px, height_px }: Pick<Stream, "width_px" | "height_px">): string {
  return width_px && height_px ? `${width_px} × ${height_px}` : "–";
}
