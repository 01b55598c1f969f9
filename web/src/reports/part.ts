/** "66.7%": a share of 1 as people read it. */
export function part(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
