/** Which parts does the page have, and which one is being read? */
import { useEffect, useState } from "preact/hooks";
import { SECTIONS, type SectionId } from "./section.tsx";

/** The part whose beginning was passed last. Pure; `tops` are distances from the top of the window. */
export function partAt(tops: readonly { readonly id: SectionId; readonly top: number }[], linePx: number): SectionId {
  const passed = tops.filter(({ top }) => top <= linePx);
  return passed.at(-1)?.id ?? SECTIONS[0].id;
}

const READING_LINE_PX = 140;

function currentPart(): SectionId {
  const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
  if (atEnd && window.scrollY > 0) return SECTIONS[SECTIONS.length - 1]?.id ?? SECTIONS[0].id;
  const tops = SECTIONS.map(({ id }) => ({ id, top: document.getElementById(id)?.getBoundingClientRect().top ?? 0 }));
  return partAt(tops, READING_LINE_PX);
}

export function Contents() {
  const [part, setPart] = useState<SectionId>(SECTIONS[0].id);
  useEffect(() => {
    const update = () => setPart(currentPart());
    update();
    window.addEventListener("scroll", update, { passive: true });
    return () => window.removeEventListener("scroll", update);
  }, []);
  return (
    <nav class="contents" aria-label="Parts of the page">
      <ul>
        {SECTIONS.map(({ id, title }) => (
          <li key={id}>
            <a href={`#${id}`} aria-current={id === part ? "location" : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
