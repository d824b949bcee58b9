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
