/**
 * How is a proxy's address kept? It may hold a password, so it is sealed, as text, in the column of its profile. An
 * address that cannot be opened must not count as none: the account's calls would go out directly.
 */
import type { Sealing } from "./sealing.ts";
import { StoreError } from "./store-error.ts";

export interface ProxyColumn {
  seal(profileId: string, proxyUrl: string | null): string | null;
  /** `UNREADABLE_PROXY` when the key is not there. */
  open(profileId: string, column: string | null): string | null;
  reseal(profileId: string, column: string, keyId: string): string;
}

/** Stands for an address that cannot be opened: no call can go through it, so none goes past it either. */
export const UNREADABLE_PROXY = "unreadable://proxy";

const SEALED = "sealed:";

export function openProxyColumn(sealing: Sealing): ProxyColumn {
  // Every turn reads the profiles; one entry a profile, known by the sealed text itself.
  const opened = new Map<string, { readonly column: string; readonly proxyUrl: string }>();
  const contextOf = (profileId: string): string => `${profileId}/proxy`;

  function open(profileId: string, column: string | null): string | null {
    if (column === null) {
      opened.delete(profileId);
      return null;
    }
    // Written before addresses were sealed.
    if (!column.startsWith(SEALED)) return column;
    const last = opened.get(profileId);
    if (last?.column === column) return last.proxyUrl;
    const proxyUrl = openOrRefuse(sealing, column, contextOf(profileId));
    if (proxyUrl === null) return UNREADABLE_PROXY;
    opened.set(profileId, { column, proxyUrl });
    return proxyUrl;
  }

  return {
    open,
    seal: (profileId, proxyUrl) => (proxyUrl === null ? null : toColumn(sealing.seal(proxyUrl, contextOf(profileId)))),
    reseal: (profileId, column, keyId) => {
      const context = contextOf(profileId);
      const sealed = column.startsWith(SEALED) ? bytesOf(column) : sealing.seal(column, context);
      return toColumn(sealing.reseal(sealed, context, keyId));
    },
  };
}

function openOrRefuse(sealing: Sealing, column: string, context: string): string | null {
  try {
    return sealing.open(bytesOf(column), context);
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

function toColumn(sealed: Uint8Array): string {
  return SEALED + Buffer.from(sealed).toString("base64");
}

function bytesOf(column: string): Uint8Array {
  return Uint8Array.from(Buffer.from(column.slice(SEALED.length), "base64"));
}
