/** Which proxies can an account's calls go through, and what of their address may be shown? Pure. */

export type ReadProxy =
  | { readonly kind: "ok"; readonly proxyUrl: string; readonly hasPassword: boolean }
  /** Never repeats what was given: it may hold a password. */
  | { readonly kind: "refused"; readonly reason: string };

/** Reads an owner's words, such as `http://user:password@proxy.example:8080`. */
export function readProxyUrl(text: string): ReadProxy {
  const trimmed = text.trim();
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) || !URL.canParse(trimmed)) {
    return { kind: "refused", reason: "A proxy is given as http://host:port or https://host:port." };
  }
  const url = new URL(trimmed);
  if (/^socks/.test(url.protocol))
    return { kind: "refused", reason: "SOCKS proxies are not supported; HTTP ones are." };
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { kind: "refused", reason: "A proxy is given as http://host:port or https://host:port." };
  }
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    return { kind: "refused", reason: "A proxy's address has no path, query or fragment." };
  }
  const hasPassword = url.username !== "" || url.password !== "";
  return { kind: "ok", proxyUrl: url.href.replace(/\/$/, ""), hasPassword };
}

/** What may be shown: scheme, host and port; `***` stands for a user name and password. */
export function maskProxyUrl(proxyUrl: string): string {
  const url = URL.canParse(proxyUrl) ? new URL(proxyUrl) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return "unreadable";
  return `${url.protocol}//${url.username === "" && url.password === "" ? "" : "***@"}${url.host}`;
}
