/**
 * Question: how much of the past is kept?
 * Owns the bounds on lists and maps that grow with every call, so that a demo can run for weeks.
 * Must not decide the bounds: whoever keeps something names its own.
 */

/** Adds to a list. A full list first drops its oldest eighth at once, so that not every call shifts it. */
export function pushBounded<T>(list: T[], entry: T, max: number): void {
  if (list.length >= max) list.splice(0, Math.max(1, Math.floor(max / 8)));
  list.push(entry);
}

/** Sets a key as the youngest. A full map drops its oldest entry. */
export function setBounded<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  const oldest = map.keys().next();
  if (map.size >= max && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}
