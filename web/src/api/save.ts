/** Has the browser save a file that the hub answered with (`parseAs: "blob"`), under the name the hub gave it. */
export function save(answer: { data?: Blob; response: Response }): void {
  const given = answer.response.headers.get("Content-Disposition") ?? "";
  const address = URL.createObjectURL(answer.data as Blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = /filename="([^"]+)"/.exec(given)?.[1] ?? "document";
  link.click();
  URL.revokeObjectURL(address);
}
