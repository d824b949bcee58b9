/** Shows or sets how new sessions are spread over the pool. */
import { Type } from "typebox";
import { ROUTINGS } from "../ports.ts";
import { defineOperation } from "./operation.ts";
import { changeOf, nullable } from "./shapes.ts";

const RoutingName = Type.Enum([...ROUTINGS]);

export const routePool = defineOperation({
  name: "account-pool.routing",
  summary: "Show or set how new sessions are spread over the pool",
  input: Type.Object({ routing: nullable(RoutingName) }),
  output: changeOf(Type.Object({ routing: RoutingName })),
  changes: true,
  run(desk, input) {
    const settings = desk.settings();
    const { routing } = settings.pool();
    const wanted = input.routing ?? routing;
    if (wanted !== routing) settings.updatePool({ routing: wanted });
    return {
      changed: wanted !== routing,
      before: { routing },
      after: { routing: wanted },
      untouched: "Running sessions stay on the profile they are on.",
      hint: null,
    };
  },
});
