/**
 * Can the system's keyring keep the master key? Owns the one kind of entry we have there, and every doubt about the
 * keyring: it may be missing, locked, or answer without having kept anything. Never asked unless the owner put the key there.
 */
/** The system's keyring as far as we need it; tests plug in one of their own. */
export interface Keyring {
  /** Null when there is no such entry. Rejects when the keyring cannot be used. */
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

const SERVICE = "codexuse";

/** A locked keyring may ask its owner; one that nobody answers must not hold a start up for ever. */
const ANSWER_MS = 30_000;

async function withinBound<Answer>(asking: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("the keyring does not answer")), ANSWER_MS);
  try {
    return await Promise.race([asking, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Keychain on macOS, Credential Manager on Windows, the secret service elsewhere. */
export function openSystemKeyring(): Keyring {
  return {
    get: (name) => withinBound(Bun.secrets.get({ service: SERVICE, name })),
    set: (name, value) => withinBound(Bun.secrets.set({ service: SERVICE, name, value })),
    remove: async (name) => {
      await withinBound(Bun.secrets.delete({ service: SERVICE, name }));
    },
  };
}

/** Of its own for every key, so that two homes, and an old key and a new one, never meet. */
export function keyringName(keyId: string): string {
  return `master-key-${keyId}`;
}

/** Keeps a key and reads it back: some keyrings take a value and have nothing when asked. False when it cannot be used. */
export async function keepInKeyring(keyring: Keyring, name: string, value: string): Promise<boolean> {
  try {
    await keyring.set(name, value);
    return (await keyring.get(name)) === value;
  } catch {
    return false;
  }
}
