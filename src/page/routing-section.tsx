/** How are new sessions spread over the accounts? */
import type { PagePool, PageRouting } from "../operations/page-wire.ts";
import { Section } from "./section.tsx";
import { useChange } from "./use-change.ts";
import { useWanted } from "./use-wanted.ts";

const ROUTINGS: readonly { readonly id: PageRouting; readonly title: string; readonly about: string }[] = [
  {
    id: "least-used",
    title: "Least used",
    about: "A new session goes to the account with the most room left, weighed by the size of its plan.",
  },
  {
    id: "round-robin",
    title: "Round robin",
    about: "New sessions go to the accounts in turn, one after the other, whatever is left of each.",
  },
];

function titleOf(routing: PageRouting): string {
  return ROUTINGS.find((entry) => entry.id === routing)?.title ?? routing;
}

export function RoutingSection({ pool }: { readonly pool: PagePool }) {
  const { isRunning, run } = useChange();
  const { shown, want } = useWanted(pool.routing);
  const choose = (routing: PageRouting) =>
    want(routing, run("account-pool.routing", { routing }, `Routing: ${titleOf(pool.routing)} → ${titleOf(routing)}.`));
  return (
    <Section
      id="routing"
      about="A session stays where it began, where its prompt cache is warm. When its account cannot serve, it moves."
    >
      <fieldset class="choices two" aria-busy={isRunning}>
        <legend class="for-readers">Routing of new sessions</legend>
        {ROUTINGS.map(({ id, title, about }) => (
          <label key={id} class="choice">
            <input type="radio" name="routing" checked={shown === id} onChange={() => choose(id)} />
            <span class="choice-title">{title}</span>
            <span class="quiet">{about}</span>
          </label>
        ))}
      </fieldset>
    </Section>
  );
}
