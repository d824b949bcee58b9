/**
 * How is something new told apart for good? By an id with the given prefix, such as `turn_01917fa2…`: the hour of its making
 * and chance. Ids that grow with time stand side by side in the files' indexes, so that writing many touches few pages.
 * No secret: somebody who has seen one can guess how others begin.
 */
export function newId(prefix: string): string {
  return `${prefix}_${Bun.randomUUIDv7("buffer").toString("hex", 0, 12)}`;
}
