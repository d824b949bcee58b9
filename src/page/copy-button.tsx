/** Puts a text on the clipboard, and says so. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { useSay } from "./notices.tsx";

const SHOWN_MS = 2_000;

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for whoever cannot see where the button stands: `base URL`. */
  readonly what: string;
  readonly isPrimary?: boolean;
}

export function CopyButton({ text, what, isPrimary = false }: CopyButtonProps) {
  const say = useSay();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = window.setTimeout(() => setCopied(false), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      say({
        tone: "bad",
        title: `The browser did not let the ${what} be copied.`,
        detail: "Select it and copy it by hand.",
      });
    }
  };
  return (
    <button type="button" class={`button copy ${isPrimary ? "primary" : ""}`} onClick={copy}>
      <Icon name={isCopied ? "check" : "copy"} />
      <span aria-live="polite">
        {isCopied ? "Copied" : "Copy"}
        <span class="for-readers"> {what}</span>
      </span>
    </button>
  );
}
