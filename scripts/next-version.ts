/**
 * How does the drill of an upgrade get a later version to upgrade to? By building this one with a higher number and, for
 * every file of the home, one more format, as a release that changes formats would have. Nothing of it is in the product.
 */
import type { BunPlugin } from "bun";

export const NEXT_VERSION = "99.0.0";

const STORES = /\/src\/store\/(runtime|settings)-store\.ts$/;
const LIST = /const MIGRATIONS = \[([^\]]+)\];/;

/** The source with one migration more. Throws when the list is not where it was: the drill would prove nothing. */
function addFormat(source: string): string {
  const list = LIST.exec(source)?.[1];
  if (list === undefined) throw new Error("the list of migrations was not found");
  const names = list.split(",").map((name) => name.trim());
  const known = names.filter((name) => name !== "");
  const sql = "CREATE TABLE of_a_later_version (id INTEGER PRIMARY KEY) STRICT;";
  const next = `{ version: ${known.length + 1}, sql: ${JSON.stringify(sql)} }`;
  return source.replace(LIST, () => `const MIGRATIONS = [${[...known, next].join(", ")}];`);
}

export const NEXT_FORMAT: BunPlugin = {
  name: "next-format",
  setup(build) {
    build.onLoad({ filter: STORES }, async ({ path }) => ({
      contents: addFormat(await Bun.file(path).text()),
      loader: "ts",
    }));
  },
};
