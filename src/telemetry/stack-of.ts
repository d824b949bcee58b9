/** Where did something of ours break? For the log only: clients and chats get an id. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
