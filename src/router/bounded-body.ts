/** The bytes of a short body: read to its end or to the bound, whichever comes first, and then let go. */
import type { Clock } from "../ports.ts";

/** At most `bytesMax` bytes within `timeMs`; what came until then when upstream breaks off or dawdles. Never rejects. */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
  clock: Clock,
  timeMs: number,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  const stop = clock.after(timeMs, () => {
    reader.cancel("too slow").catch(() => undefined);
  });
  try {
    while (size < bytesMax) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value.subarray(0, bytesMax - size));
      size += value.length;
    }
  } catch {
    // A body that breaks off still says what it said before; its codes are all that is wanted of it.
  } finally {
    stop();
    reader.cancel("read").catch(() => undefined);
  }
  return Buffer.concat(parts);
}
