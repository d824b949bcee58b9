/** What is the page made of? The files that `build.ts` stamped in; from source they are bundled at the first request. */
import { join } from "node:path";
import { type BundledFile, bundlePage, SHELL_NAME } from "./bundle-page.ts";

declare const CODEXUSE_PAGE: readonly BundledFile[] | undefined;

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PageFiles {
  readonly shell: PageFile;
  /** By their names below `/assets/`. */
  readonly assets: ReadonlyMap<string, PageFile>;
}

const ROOT = join(import.meta.dir, "..", "..", "..");

async function loadFiles(): Promise<PageFiles> {
  const bundled = typeof CODEXUSE_PAGE === "undefined" ? await bundlePage(ROOT) : CODEXUSE_PAGE;
  const files = new Map(
    bundled.map(({ name, type, base64 }) => [name, { type, bytes: new Uint8Array(Buffer.from(base64, "base64")) }]),
  );
  const shell = files.get(SHELL_NAME);
  if (shell === undefined) throw new Error("the page has no shell");
  files.delete(SHELL_NAME);
  return { shell, assets: files };
}

/** Loads them once; a failure is tried again with the next request. */
export function openPageFiles(): () => Promise<PageFiles> {
  let loading: Promise<PageFiles> | null = null;
  return () => {
    loading ??= loadFiles().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
}
