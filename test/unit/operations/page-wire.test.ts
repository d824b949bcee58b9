/** The page's words and the operations' are the same: the compiler compares the types, this walks the names. */
import { expect, test } from "bun:test";
import type { Static, TSchema } from "typebox";
import type { addPoolProfiles } from "../../../src/operations/add-pool-profiles.ts";
import type { addProfile } from "../../../src/operations/add-profile.ts";
import type { createKey } from "../../../src/operations/create-key.ts";
import type { disablePool } from "../../../src/operations/disable-pool.ts";
import type { addAlias, listAliases, removeAlias } from "../../../src/operations/edit-aliases.ts";
import type { enablePool } from "../../../src/operations/enable-pool.ts";
import type { endSession } from "../../../src/operations/end-session.ts";
import type { explainTurn } from "../../../src/operations/explain-turn.ts";
import type { exposeModels, hideModels } from "../../../src/operations/expose-models.ts";
import type { importProfiles } from "../../../src/operations/import-profiles.ts";
import type { linkProfile } from "../../../src/operations/link-profile.ts";
import { OPERATIONS } from "../../../src/operations/list.ts";
import type { listKeys } from "../../../src/operations/list-keys.ts";
import type { listModels } from "../../../src/operations/list-models.ts";
import type { listPoolProfiles } from "../../../src/operations/list-pool-profiles.ts";
import type { listProfiles } from "../../../src/operations/list-profiles.ts";
import type { listSessions } from "../../../src/operations/list-sessions.ts";
import type { Operation } from "../../../src/operations/operation.ts";
import type { PageOperationName, PageOperations } from "../../../src/operations/page-wire.ts";
import type { publishFast } from "../../../src/operations/publish-fast.ts";
import type { refreshModels } from "../../../src/operations/refresh-models.ts";
import type { refreshProfile } from "../../../src/operations/refresh-profile.ts";
import type { removePoolProfiles } from "../../../src/operations/remove-pool-profiles.ts";
import type { removeProfile } from "../../../src/operations/remove-profile.ts";
import type { renameProfile } from "../../../src/operations/rename-profile.ts";
import type { reserveHeadroom } from "../../../src/operations/reserve-headroom.ts";
import type { revokeKey } from "../../../src/operations/revoke-key.ts";
import type { routePool } from "../../../src/operations/route-pool.ts";
import type { setProxy } from "../../../src/operations/set-proxy.ts";
import type { showPoolStatus } from "../../../src/operations/show-pool-status.ts";
import type { showSession } from "../../../src/operations/show-session.ts";

type In<Op> = Op extends Operation<infer Input, TSchema> ? Static<Input> : never;
type Out<Op> = Op extends Operation<TSchema, infer Output> ? Static<Output> : never;

/** What the page says must be an input; what comes back must be what the page expects. */
type Fits<Name extends PageOperationName, Op> =
  PageOperations[Name]["input"] extends In<Op>
    ? Out<Op> extends PageOperations[Name]["result"]
      ? true
      : ["the result is another", Name]
    : ["the input is another", Name];

type OwnNames = "sign-in" | "cancel-sign-in";

const FITS: { readonly [Name in Exclude<PageOperationName, OwnNames>]: true } = {
  "account-pool.status": true satisfies Fits<"account-pool.status", typeof showPoolStatus>,
  "account-pool.enable": true satisfies Fits<"account-pool.enable", typeof enablePool>,
  "account-pool.disable": true satisfies Fits<"account-pool.disable", typeof disablePool>,
  "account-pool.profiles.list": true satisfies Fits<"account-pool.profiles.list", typeof listPoolProfiles>,
  "account-pool.profiles.add": true satisfies Fits<"account-pool.profiles.add", typeof addPoolProfiles>,
  "account-pool.profiles.remove": true satisfies Fits<"account-pool.profiles.remove", typeof removePoolProfiles>,
  "account-pool.routing": true satisfies Fits<"account-pool.routing", typeof routePool>,
  "account-pool.models.list": true satisfies Fits<"account-pool.models.list", typeof listModels>,
  "account-pool.models.expose": true satisfies Fits<"account-pool.models.expose", typeof exposeModels>,
  "account-pool.models.hide": true satisfies Fits<"account-pool.models.hide", typeof hideModels>,
  "account-pool.models.refresh": true satisfies Fits<"account-pool.models.refresh", typeof refreshModels>,
  "account-pool.aliases.list": true satisfies Fits<"account-pool.aliases.list", typeof listAliases>,
  "account-pool.aliases.add": true satisfies Fits<"account-pool.aliases.add", typeof addAlias>,
  "account-pool.aliases.remove": true satisfies Fits<"account-pool.aliases.remove", typeof removeAlias>,
  "account-pool.fast": true satisfies Fits<"account-pool.fast", typeof publishFast>,
  "account-pool.keys.create": true satisfies Fits<"account-pool.keys.create", typeof createKey>,
  "account-pool.keys.list": true satisfies Fits<"account-pool.keys.list", typeof listKeys>,
  "account-pool.keys.revoke": true satisfies Fits<"account-pool.keys.revoke", typeof revokeKey>,
  "account-pool.sessions.list": true satisfies Fits<"account-pool.sessions.list", typeof listSessions>,
  "account-pool.sessions.show": true satisfies Fits<"account-pool.sessions.show", typeof showSession>,
  "account-pool.sessions.end": true satisfies Fits<"account-pool.sessions.end", typeof endSession>,
  "account-pool.explain": true satisfies Fits<"account-pool.explain", typeof explainTurn>,
  "profile.list": true satisfies Fits<"profile.list", typeof listProfiles>,
  "profile.import": true satisfies Fits<"profile.import", typeof importProfiles>,
  "profile.link": true satisfies Fits<"profile.link", typeof linkProfile>,
  "profile.add": true satisfies Fits<"profile.add", typeof addProfile>,
  "profile.refresh": true satisfies Fits<"profile.refresh", typeof refreshProfile>,
  "profile.rename": true satisfies Fits<"profile.rename", typeof renameProfile>,
  "profile.remove": true satisfies Fits<"profile.remove", typeof removeProfile>,
  "profile.reserve": true satisfies Fits<"profile.reserve", typeof reserveHeadroom>,
  "profile.proxy": true satisfies Fits<"profile.proxy", typeof setProxy>,
};

test("the page knows every operation that needs no terminal, by its name, and no other", () => {
  const offered = OPERATIONS.filter(({ terminalOnly }) => terminalOnly !== true).map(({ name }) => name);
  expect(Object.keys(FITS).sort()).toEqual(offered.sort());
});
