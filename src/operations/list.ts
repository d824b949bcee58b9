/**
 * Everything the owner can do, in one list. The page, Telegram and the tests walk it; a command imports just the one it
 * runs, so that a short command stays quick.
 */
import type { TSchema } from "typebox";
import { addPoolProfiles } from "./add-pool-profiles.ts";
import { addProfile } from "./add-profile.ts";
import { backUpHome } from "./back-up-home.ts";
import { createKey } from "./create-key.ts";
import { disablePool } from "./disable-pool.ts";
import { addAlias, listAliases, removeAlias } from "./edit-aliases.ts";
import { enablePool } from "./enable-pool.ts";
import { endSession } from "./end-session.ts";
import { explainTurn } from "./explain-turn.ts";
import { exportProfile } from "./export-profile.ts";
import { exposeModels, hideModels } from "./expose-models.ts";
import { importProfiles } from "./import-profiles.ts";
import { linkProfile } from "./link-profile.ts";
import { listKeys } from "./list-keys.ts";
import { listModels } from "./list-models.ts";
import { listPoolProfiles } from "./list-pool-profiles.ts";
import { listProfiles } from "./list-profiles.ts";
import { listSessions } from "./list-sessions.ts";
import type { Operation } from "./operation.ts";
import { publishFast } from "./publish-fast.ts";
import { refreshModels } from "./refresh-models.ts";
import { refreshProfile } from "./refresh-profile.ts";
import { rekeyStore } from "./rekey-store.ts";
import { removePoolProfiles } from "./remove-pool-profiles.ts";
import { removeProfile } from "./remove-profile.ts";
import { renameProfile } from "./rename-profile.ts";
import { reserveHeadroom } from "./reserve-headroom.ts";
import { restoreHome } from "./restore-home.ts";
import { revokeKey } from "./revoke-key.ts";
import { routePool } from "./route-pool.ts";
import { setProxy } from "./set-proxy.ts";
import { showPoolStatus } from "./show-pool-status.ts";
import { showSession } from "./show-session.ts";

export const OPERATIONS: readonly Operation<TSchema, TSchema>[] = [
  showPoolStatus,
  enablePool,
  disablePool,
  listPoolProfiles,
  addPoolProfiles,
  removePoolProfiles,
  routePool,
  listModels,
  exposeModels,
  hideModels,
  refreshModels,
  listAliases,
  addAlias,
  removeAlias,
  publishFast,
  createKey,
  listKeys,
  revokeKey,
  listSessions,
  showSession,
  endSession,
  explainTurn,
  listProfiles,
  importProfiles,
  linkProfile,
  addProfile,
  refreshProfile,
  renameProfile,
  removeProfile,
  reserveHeadroom,
  setProxy,
  exportProfile,
  rekeyStore,
  backUpHome,
  restoreHome,
];
