/**
 * The same store, with something done before and after every call of it. Only for objects of plain functions: `this` is not
 * passed on.
 */
export function aroundCalls<Store extends object>(store: Store, before: () => void, after: () => void): Store {
  const surround =
    (call: (...values: unknown[]) => unknown) =>
    (...values: unknown[]) => {
      before();
      try {
        return call(...values);
      } finally {
        after();
      }
    };
  const members = Object.entries(store).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === "function" ? surround(member as (...values: unknown[]) => unknown) : member,
  ]);
  return Object.fromEntries(members) as Store;
}
