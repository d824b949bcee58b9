/** Waits for what no event announces: looks often, and gives up with a message that says what was missed. */
export async function waitFor(what: string, isSo: () => boolean, boundMs: number, everyMs = 10): Promise<void> {
  const deadline = performance.now() + boundMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${boundMs} ms: ${what}`);
    await sleep(everyMs);
  }
}

/** As `waitFor`, answering whether it came. */
export async function comes(isSo: () => boolean, boundMs: number): Promise<boolean> {
  try {
    await waitFor("", isSo, boundMs);
    return true;
  } catch {
    return false;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const LATENESS_EVERY_MS = 10;

/** How late do timers of this process come at most, for its own work and for the machine's? In milliseconds. */
export function watchLateness(): { stop(): number } {
  let lastAt = performance.now();
  let lateMs = 0;
  const look = () => {
    const now = performance.now();
    lateMs = Math.max(lateMs, now - lastAt - LATENESS_EVERY_MS);
    lastAt = now;
  };
  const timer = setInterval(look, LATENESS_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return lateMs;
    },
  };
}
