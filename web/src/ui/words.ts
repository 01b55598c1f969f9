/** "1 alert", "2 alerts", "1,200 people": a count with its word; `many` where it is not made with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
