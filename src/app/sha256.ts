/** What is kept of a secret or of a conversation? Its hash, in hex. */
export function sha256(text: string): string {
  return Bun.CryptoHasher.hash("sha256", text, "hex");
}
