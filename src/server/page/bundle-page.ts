/**
 * How does the page's source become files that a browser can load? Bun follows `src/page/index.html`; the names hold a
 * hash of what is in them. Used by `build.ts`, which puts the files into the executable, and when run from source.
 */
import { basename, join } from "node:path";

/** As it is kept in the executable. */
export interface BundledFile {
  readonly name: string;
  readonly type: string;
  readonly base64: string;
}

/** The shell; everything else is served below `/assets/`. */
export const SHELL_NAME = "index.html";

/** Throws with the bundler's words. `root` is the project's folder. */
export async function bundlePage(root: string): Promise<readonly BundledFile[]> {
  const built = await Bun.build({
    entrypoints: [join(root, "src", "page", SHELL_NAME)],
    target: "browser",
    minify: true,
    publicPath: "/assets/",
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
  });
  if (!built.success || built.logs.length > 0) throw new Error(built.logs.map(String).join("\n"));
  return await Promise.all(
    built.outputs.map(async (output) => ({
      name: basename(output.path),
      type: output.type,
      base64: Buffer.from(await output.arrayBuffer()).toString("base64"),
    })),
  );
}
