/** Which build is this? The values are stamped in by `build.ts`; from source they come from package.json. */
import manifest from "../package.json" with { type: "json" };

declare const CODEXUSE_VERSION: string | undefined;
declare const CODEXUSE_COMMIT: string | undefined;

export const VERSION: string = typeof CODEXUSE_VERSION === "string" ? CODEXUSE_VERSION : manifest.version;

/** Short hash of the commit it was built from; `source` when it was not built. */
export const COMMIT: string = typeof CODEXUSE_COMMIT === "string" ? CODEXUSE_COMMIT : "source";
