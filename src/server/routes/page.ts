/** `/`, `/assets/…` and `/operations/…`: the Settings page of the desktop runtime. The daemon has none, and says so. */
import { refuse } from "../../protocol/refusal.ts";
import { respondRefusal } from "../respond.ts";
import type { PageDoor, Serving } from "../serving.ts";

const DESKTOP = "codexuse desktop";

/** Who answers here, for whoever looks with a browser. */
function answerWithoutPage({ runtime, version }: Serving): Response {
  const about = { name: "codexuse", runtime, version, api: "/v1", settings_page: DESKTOP };
  return Response.json(about, { headers: { "x-content-type-options": "nosniff" } });
}

/** The shell, or a redirect to it for a browser that came with a link. */
export function getRoot(serving: Serving, request: Request): Response | Promise<Response> {
  return serving.page === null ? answerWithoutPage(serving) : serving.page.getShell(request);
}

/** What `answer` gives, where there is a page. */
export function askPage(
  serving: Serving,
  answer: (page: PageDoor) => Response | Promise<Response>,
): Response | Promise<Response> {
  if (serving.page !== null) return answer(serving.page);
  const message = `The ${serving.runtime} runtime has no Settings page. Open the one of the desktop runtime: ${DESKTOP}`;
  return respondRefusal(refuse(404, "invalid_request_error", "unknown_route", message));
}
