/** Which colours are shown now? For what is drawn, and so does not follow the sheet by itself. */
import { useEffect, useState } from "preact/hooks";

function currentLook(): string {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

export function useLook(): string {
  const [look, setLook] = useState(currentLook);
  useEffect(() => {
    const update = () => setLook(currentLook());
    const system = matchMedia("(prefers-color-scheme: dark)");
    const chosen = new MutationObserver(update);
    system.addEventListener("change", update);
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", update);
      chosen.disconnect();
    };
  }, []);
  return look;
}
