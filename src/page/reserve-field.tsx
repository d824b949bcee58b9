/** How much of an account is kept out of the pool? Changed in place; Escape takes back what was typed. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useSay } from "./notices.tsx";
import { useChange } from "./use-change.ts";

/** A whole share of a hundred, or null for what is none. Pure. */
export function readPercent(text: string): number | null {
  if (!/^\d{1,3}$/.test(text.trim())) return null;
  const percent = Number(text);
  return percent <= 100 ? percent : null;
}

export function ReserveField({ name, percent }: { readonly name: string; readonly percent: number }) {
  const id = useId();
  const [draft, setDraft] = useState(String(percent));
  const say = useSay();
  const { isRunning, run } = useChange();
  const asked = useRef<number | null>(null);
  useEffect(() => {
    asked.current = null;
    setDraft(String(percent));
  }, [percent]);
  const save = async () => {
    if (draft === String(percent)) return;
    const wanted = readPercent(draft);
    if (wanted === null) {
      say({ tone: "bad", title: "A reserve is a whole number from 0 to 100.", detail: null });
      return setDraft(String(percent));
    }
    // Enter saves, and leaving the field comes soon after, maybe before the runtime has said that it is so.
    if (wanted === asked.current) return;
    asked.current = wanted;
    const title = `Reserve of ${name}: ${percent}% → ${wanted}%.`;
    if ((await run("profile.reserve", { name, percent: wanted }, title)) !== null) return;
    asked.current = null;
    setDraft(String(percent));
  };
  return (
    <div class="reserve" title="This share of the account is kept out of the pool">
      <label for={id}>
        Reserve<span class="for-readers"> of {name}, percent</span>
      </label>
      <span class="with-unit">
        <input
          id={id}
          inputMode="numeric"
          autocomplete="off"
          maxLength={3}
          value={draft}
          readOnly={isRunning}
          onInput={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => void save()}
          onKeyDown={(event) => {
            if (event.key === "Enter") void save();
            if (event.key === "Escape") setDraft(String(percent));
          }}
        />
        <span aria-hidden="true">%</span>
      </span>
    </div>
  );
}
