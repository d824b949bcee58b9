/** How is something new told apart for good? By an id with the given prefix, such as `turn_5c0e…`. */
export function newId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
}
