/** Light, dark, or as the system says? The choice is kept in this browser alone. */
import { useEffect, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEPT_AS = "codexuse-theme";

const LOOKS: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  system: { icon: "screen", label: "As the system" },
  light: { icon: "sun", label: "Light" },
  dark: { icon: "moon", label: "Dark" },
};

/** The choice that was kept; what is not known counts as none. */
export function readTheme(storage: Pick<Storage, "getItem">): Theme {
  const kept = storage.getItem(KEPT_AS);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

/** The sheet reads it from the root; without a word there it goes by the system. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(() => readTheme(localStorage));
  useEffect(() => {
    applyTheme(theme);
    localStorage.setItem(KEPT_AS, theme);
  }, [theme]);
  return (
    <fieldset class="segments themes">
      <legend class="for-readers">Colours</legend>
      {THEMES.map((choice) => (
        <label key={choice} class="segment" title={LOOKS[choice].label}>
          <input
            type="radio"
            name="theme"
            class="for-readers"
            checked={choice === theme}
            onChange={() => setTheme(choice)}
          />
          <Icon name={LOOKS[choice].icon} />
          <span class="for-readers">{LOOKS[choice].label}</span>
        </label>
      ))}
    </fieldset>
  );
}
