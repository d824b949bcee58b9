/** Waits for a condition that no event announces, looking often and giving up with a message that says what was missed. */
export async function waitUntil(what: string, isSo: () => boolean, boundMs: number): Promise<void> {
  const deadline = performance.now() + boundMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
