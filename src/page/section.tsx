/** A part of the page under a heading of its own, which the list of parts leads to. */
import type { ComponentChildren } from "preact";

export const SECTIONS = [
  { id: "pool", title: "Pool" },
  { id: "profiles", title: "Profiles" },
  { id: "headroom", title: "Headroom" },
  { id: "routing", title: "Routing" },
  { id: "keys", title: "API keys" },
  { id: "connect", title: "Connect a client" },
  { id: "sessions", title: "Sessions" },
  { id: "turns", title: "Recent turns" },
  { id: "models", title: "Models" },
] as const;
export type SectionId = (typeof SECTIONS)[number]["id"];

interface SectionProps {
  readonly id: SectionId;
  /** One line under the heading. */
  readonly about?: ComponentChildren;
  /** How many there are, beside the heading. */
  readonly count?: number | string;
  /** Buttons at the heading's end. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Section({ id, about, count, actions, children }: SectionProps) {
  const title = SECTIONS.find((section) => section.id === id)?.title;
  return (
    <section class="section" aria-labelledby={`${id}-title`} id={id}>
      <header class="section-head">
        <div>
          <h2 id={`${id}-title`}>
            {title}
            {count === undefined ? null : <span class="count">{count}</span>}
          </h2>
          {about === undefined ? null : <p class="about">{about}</p>}
        </div>
        {actions === undefined ? null : <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** What stands where there is nothing yet. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  );
}
