/** Could a turn be served now? What the health route and the metrics say. */
import type { Engine } from "../router/engine.ts";
import { ROUTES } from "../router/routes.ts";
import { exclusionOf } from "../router/rules/eligibility.ts";

/** Enabled, and at least one profile could serve a turn for some model. */
export function isReady(engine: Engine): boolean {
  const view = engine.live.view();
  const anything = { upstreamModel: "", isListed: false, kinds: ROUTES.turn.kinds };
  const needs = { ...anything, boundProfileId: null, ownerProfileId: null, tried: new Set<string>() };
  const isFree = (candidate: (typeof view.candidates)[number]) =>
    exclusionOf(candidate, needs, engine.clock.now()) === null;
  return view.settings.enabled && view.candidates.some(isFree);
}
