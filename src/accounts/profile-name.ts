/** What may a profile be called, and what is it called when nobody says? Pure. */

export const PROFILE_NAME_CHARACTERS_MAX = 64;

/**
 * Letters, digits and `. _ - @ +`, beginning with a letter or digit: a name is typed in a shell and travels in a header,
 * and one that begins with a dash would be read as a flag.
 */
export function isProfileName(name: string): boolean {
  return name.length <= PROFILE_NAME_CHARACTERS_MAX && /^[A-Za-z0-9][A-Za-z0-9._@+-]*$/.test(name);
}

/** A name made from what is at hand, such as an e-mail's local part; `account` when nothing of it can stay. */
export function toProfileName(text: string): string {
  const kept = text.replace(/[^A-Za-z0-9._@+-]+/g, "-").replace(/^[^A-Za-z0-9]+|-+$/g, "");
  return kept.slice(0, PROFILE_NAME_CHARACTERS_MAX) || "account";
}

/** The name itself, or with the first number behind it that makes it free. */
export function makeUnique(name: string, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? "" : `-${number}`;
    const candidate = `${name.slice(0, PROFILE_NAME_CHARACTERS_MAX - suffix.length)}${suffix}`;
    if (!isTaken(candidate)) return candidate;
  }
}

/** What a file's place suggests as a name: its own, or its folder's when every such file is called the same. */
export function nameFromPath(path: string): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== "");
  const file = (parts.at(-1) ?? "").replace(/\.json$/i, "");
  return toProfileName(file.toLowerCase() === "auth" ? (parts.at(-2) ?? file) : file);
}

/** What an account suggests as a name: the part of its e-mail address before the @. */
export function nameFromEmail(email: string | null): string | null {
  const local = email?.split("@")[0] ?? "";
  return local === "" ? null : toProfileName(local);
}
