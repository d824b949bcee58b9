/** What comes first, a promise or its time? One promise to wait for: a race makes several, and every turn pays for them. */
import type { Clock } from "../ports.ts";

/** What `waited` comes to, or what `late` says when that takes longer than `timeMs`. */
export function within<Value, Late>(
  waited: Promise<Value>,
  timeMs: number,
  clock: Clock,
  late: () => Late,
): Promise<Value | Late> {
  const { promise, resolve, reject } = Promise.withResolvers<Value | Late>();
  const stop = clock.after(timeMs, () => resolve(late()));
  waited.then(
    (value) => {
      stop();
      resolve(value);
    },
    (error) => {
      stop();
      reject(error);
    },
  );
  return promise;
}
